/*
 * Files of the image that bear no mark of an executable aren't sealed, and some
 * are mapped executable all the same: SBCL's core, the PE files of Wine and of
 * .NET, snapshots of Dart. If a stat proves that a sealed file is the image's,
 * it proves these, too: the layer's file has the inode and the times that the
 * overlay shows, which no copy has. A copy keeps the inode, and may be given
 * size and mtime; its ctime is that of a later moment.
 */
#include "look_internal.h"
#include "stat.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* This is longer than a tick of the slowest kernel's clock: a copy made in the
 * same tick as the layer's file would have its ctime. */
enum { TICK_NS = 50 * 1000 * 1000 };

static bool is_copied_up(const char *upper, const char *path)
{
	struct identity id;

	return stat_within(upper, path, &id) == 0 || errno != ENOENT;
}

bool look_is_untouched(const struct judge *judge, const struct identity *id,
		       const char *path)
{
	const struct container *c = judge->container;
	struct identity found;
	const char *layer;

	if (!judge->sealed.stat_trusted || !c->overlay || !path ||
	    !S_ISREG(id->mode) || !look_is_image(judge, id->dev) ||
	    id->ctime_ns > (int64_t)c->created_ns - TICK_NS ||
	    (c->upper && is_copied_up(c->upper, path)))
		return false;
	/* Any layer may have it: a file that others hide isn't shown. */
	for (size_t i = 0; i < json_count(c->lowers); i++)
		if (json_string(json_at(c->lowers, i), &layer) &&
		    stat_within(layer, path, &found) == 0 &&
		    identity_same_content(&found, id))
			return true;
	return false;
}
