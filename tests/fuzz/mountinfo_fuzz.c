/*
 * A table of mounts, whose names and folders a container chooses: it is read
 * whole or not at all, and its text stays as it is.
 */
#include "mountinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct mountinfo info;
	struct err e = {0};

	require(text != NULL);
	if (size)
		memcpy(text, data, size);
	if (mountinfo_parse(text, size, &info, &e) == 0) {
		require(info.count > 0);
		for (size_t i = 0; i < info.count; i++) {
			const struct mountinfo_line *line = &info.lines[i];

			require(line->root && line->point);
			require(mountinfo_find(&info, line->id) != NULL);
		}
	} else {
		require(!info.table && !info.lines && e.text[0]);
	}
	mountinfo_clear(&info);
	require(!size || memcmp(text, data, size) == 0);
	free(text);
	return 0;
}
