/*
 * way - the folders that a path leads through: each in which one of its names
 * is looked up, including those of links. A container that can write to one of
 * them chooses the path's target.
 */
#pragma once

#include "err.h"
#include "location.h"
#include "writers_internal.h"

#include <stdbool.h>
#include <stddef.h>

/* path is absolute; one through more than 256 folders is refused (ELOOP). The
 * caller frees the list, and clears its elements; a folder that can't be opened
 * any more ends the way, without an error. */
MUST_CHECK int way_find(const struct mounts *mounts, const char *path,
			struct location **ret, size_t *ret_count,
			struct err *e);

/* True if a container can write to a folder of the way, or to the one above at,
 * the path's target: it could have put another file there. */
bool way_is_written(const struct writers *writers, const struct location *way,
		    size_t count, const struct location *at);

/* True if a container can write to a folder of the way. */
bool way_holds(const struct writers *writers, const struct location *way,
	       size_t count);

/* True if place is a folder of the way, or above one. */
bool way_leads_through(const struct location *way, size_t count,
		       const struct location *place);
