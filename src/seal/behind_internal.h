/*
 * behind - the places that hold the content of a place: the layers of an
 * overlay, the image file of a disk. A writer of these changes what the place
 * shows. For other file systems (FUSE, a network's, eCryptfs) the places can't
 * be found out.
 */
#pragma once

#include "err.h"
#include "location.h"
#include "writers_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct behind {
	/* A writer of any part of these changes what is shown. */
	struct location *parts;
	size_t part_count;
	/* Folders that their names lead through: a writer of one of these as a
	 * whole chooses what is shown. */
	struct location *ways;
	size_t way_count;
	/* Some of the places can't be found out. */
	bool untold;
	uint64_t disk; /* the last one whose places were added */
};

/*
 * Add the places behind a place. through: it is a folder that a name leads
 * through, for which only a writer of the whole folder matters; such places
 * come after all others. The overlay of the machine's own root is no untold
 * place if its layers aren't found: no name on this machine leads to them.
 */
MUST_CHECK int behind_add(const struct mounts *mounts,
			  const struct location *place, bool through,
			  struct behind *behind, struct err *e);

/* If place lies on an overlay, add the place in the upper layer to which a
 * write goes, unless it isn't found. */
MUST_CHECK int behind_add_upper(const struct mounts *mounts,
				const struct location *place,
				struct location **list, size_t *count,
				struct err *e);

void behind_clear(struct behind *behind);

/* True if some container can write there, or could. */
bool behind_is_written(const struct writers *writers,
		       const struct behind *behind);

/* The relation of the parts to a place. SAME: the place is one of them, holds
 * one, or a way leads through it; ABOVE: it lies in one. */
enum relation behind_relation(const struct behind *behind,
			      const struct location *place);
