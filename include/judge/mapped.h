/*
 * mapped - the manifests of a container in its supervisor's memory: pages of
 * their files, shared with all other supervisors of the image. Truncating a
 * file removes its pages (SIGBUS), and writing changes them; so a lease makes a
 * writer wait until the supervisor has a copy of its own. Source: fcntl(2)
 * "Leases".
 */
#pragma once

#include "container.h"
#include "err.h"
#include "manifest.h"

#include <signal.h>

/* The signal that a process is about to write to one. */
enum { MAPPED_SIGNAL = SIGUSR2 };

struct mapped;

/*
 * Map the manifest that file names, check its digest, and hold it in the cache
 * (cache.h); without a path *ret stays as it is. *list gets it; it is never
 * unmapped. Called while MAPPED_SIGNAL is blocked.
 */
MUST_CHECK int mapped_open(const struct manifest_file *file,
			   struct mapped **list, const struct manifest **ret,
			   struct err *e);

/* Call this after MAPPED_SIGNAL: the manifest that is about to be written is
 * replaced by a copy in memory. */
void mapped_rescue(struct mapped *list);
