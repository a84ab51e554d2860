/*
 * gc - what is kept in the cache and no image on this host needs any more.
 */
#pragma once

#include "config.h"
#include "err.h"

#include <stdint.h>

struct gc_report {
	uint64_t removed;	/* files, volumes' seals too */
	uint64_t removed_bytes; /* of them */
	uint64_t removed_seals; /* of volumes */
	uint64_t kept_bytes;	/* of what is left, volumes' seals too */
};

/*
 * Remove what is of images and root file systems that are gone; and beyond
 * cache_limit what has not been used for longest. Never what a living
 * container maps; nor a root's first seal while its folder is there, since
 * another one would take in what has been dropped since. EAGAIN: containers
 * are being sealed.
 */
MUST_CHECK int gc_run(const struct config *config, struct gc_report *ret,
		      struct err *e);

/* The same after something was added, unless somebody else adds. */
void gc_by_itself(const struct config *config);
