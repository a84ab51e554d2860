/*
 * writers - runmoor's record of the places that containers can write to, kept
 * in cache_dir beyond their lives: a file of lines, one a place. A volume that
 * is read-only here, and there, isn't: what it holds is sealed once. A record
 * that is lost counts as one of everything.
 */
#pragma once

#include "err.h"
#include "location.h"

#include <stdbool.h>
#include <stddef.h>

/* Places. With more, and none of them gone, all places count as written. */
enum { WRITERS_MAX = 16384 };

struct writers;

MUST_CHECK int writers_load(const char *cache_dir, struct writers **ret,
			    struct err *e);
void writers_owned(struct writers **writers);

/* Add those of places that aren't recorded; before their container starts. */
MUST_CHECK int writers_note(const char *cache_dir, const struct mounts *mounts,
			    const struct location *places, size_t count,
			    struct err *e);

/* Some container can write to a part of at, or could; but for the parts that
 * lie in one of holes. */
bool writers_reach(const struct writers *writers, const struct location *at,
		   const struct location *holes, size_t hole_count);

/* Some container can write to at as a whole, or could. */
bool writers_hold(const struct writers *writers, const struct location *at);

/* As writers_reach, but for those that can write to the whole folder of the
 * pod and lie in the kubelet's: its agents. Both are paths of the file system
 * of at. */
bool writers_reach_within(const struct writers *writers,
			  const struct location *at, const char *pod,
			  const char *kubelet);
