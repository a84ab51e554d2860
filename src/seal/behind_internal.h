/*
 * behind - where what is shown at a place really lies: the layers of an
 * overlay, the image file of a disk. They are other places than the one that
 * shows them, and who writes to them writes to what is shown. What other file
 * systems (FUSE, a network's, eCryptfs) show can't be told.
 */
#pragma once

#include "err.h"
#include "location.h"
#include "writers_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct behind {
	/* A writer of any part of these writes to what is shown. */
	struct location *parts;
	size_t part_count;
	/* Folders that names of theirs lead through: a writer of all of one
	 * chooses what is shown. */
	struct location *ways;
	size_t way_count;
	/* Something is shown that can't be told. */
	bool untold;
	uint64_t disk; /* the last one that was looked behind */
};

/*
 * Add what is behind a place. through: it is a folder that a name leads
 * through, of which only who writes to all of it matters; those come last. An
 * overlay that the
 * machine's own root lies on counts as told where its layers aren't found: no
 * name leads to them here.
 */
MUST_CHECK int behind_add(const struct mounts *mounts,
			  const struct location *place, bool through,
			  struct behind *behind, struct err *e);

/* Add the place in its upper layer that a write to a place of an overlay goes
 * to, if there is one and it is found. */
MUST_CHECK int behind_add_upper(const struct mounts *mounts,
				const struct location *place,
				struct location **list, size_t *count,
				struct err *e);

void behind_clear(struct behind *behind);

/* Some container can write there, or could. */
bool behind_is_written(const struct writers *writers,
		       const struct behind *behind);

/* How the parts lie to a place: SAME where it is one or holds one, or where a
 * way leads through it; ABOVE where it lies in one. */
enum relation behind_relation(const struct behind *behind,
			      const struct location *place);
