#include "places_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void places_free(struct location *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		location_clear(&list[i]);
	free(list);
}

static int copy_place(const struct location *place, struct location *ret)
{
	*ret = *place;
	ret->origin = place->origin ? strdup(place->origin) : NULL;
	ret->folder = place->folder ? strdup(place->folder) : NULL;
	return ret->folder ? 0 : -1;
}

int places_add(struct location **list, size_t *count,
	       const struct location *place, struct err *e)
{
	struct location *more = reallocarray(*list, *count + 1, sizeof(*more));

	if (!more)
		return err_set(e, ENOMEM, "list places");
	*list = more;
	if (copy_place(place, &more[*count]) < 0) {
		location_clear(&more[*count]);
		return err_set(e, ENOMEM, "list places");
	}
	++*count;
	return 0;
}
