/* gc - removes files of the cache that no image on this host needs any more. */
#pragma once

#include "config.h"
#include "err.h"

#include <stdint.h>

struct gc_report {
	uint64_t removed;	/* files, volumes' seals too */
	uint64_t removed_bytes; /* of them */
	uint64_t removed_seals; /* of volumes */
	uint64_t kept_bytes;	/* of the remaining files, volumes' seals too */
};

/* Remove the files of images and root file systems that are gone; and beyond
 * cache_limit the least recently used ones. A file that a running container
 * maps is never removed; nor is a root's first seal while its folder exists,
 * since a new seal would include files that were added since. EAGAIN:
 * containers are being sealed. */
MUST_CHECK int gc_run(const struct config *config, struct gc_report *ret,
		      struct err *e);

/* The same after a file was added, unless another process adds one. */
void gc_by_itself(const struct config *config);
