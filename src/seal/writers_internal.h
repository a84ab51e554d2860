/*
 * writers - runmoor's record of the places that containers can write to, kept
 * in cache_dir after the containers are gone: a file of lines, one for each
 * place. A volume that is read-only in one container may be writable in
 * another: then its first seal counts. A lost record counts as a record of
 * every place.
 */
#pragma once

#include "err.h"
#include "location.h"

#include <stdbool.h>
#include <stddef.h>

/* The maximum of places. With more, none of them gone, all places count as
 * written. */
enum { WRITERS_MAX = 16384 };

struct writers;

MUST_CHECK int writers_load(const char *cache_dir, struct writers **ret,
			    struct err *e);
void writers_owned(struct writers **writers);

/* Add the places that aren't recorded yet; to be called before their container
 * starts. */
MUST_CHECK int writers_note(const char *cache_dir, const struct mounts *mounts,
			    const struct location *places, size_t count,
			    struct err *e);

/* True if some container can write to a part of at, or could, except for parts
 * that lie in one of holes. */
bool writers_reach(const struct writers *writers, const struct location *at,
		   const struct location *holes, size_t hole_count);

/* True if some container can write to at as a whole, or could. */
bool writers_hold(const struct writers *writers, const struct location *at);

/* The same as writers_reach, without the places that contain the whole folder
 * of the pod and lie in the kubelet's: those of its agents. Both are paths of
 * the file system of at. */
bool writers_reach_within(const struct writers *writers,
			  const struct location *at, const char *pod,
			  const char *kubelet);
