/*
 * arrivals - mounts that came after a container's start: by propagation from
 * the host below one that it was started with, or made by itself. Of those of
 * the start is remembered, at the start, what they show and where; of the
 * others nothing: a mount that has come may be moved, unmounted, and another
 * one come in its place with its number, so that each file on one asks anew, by
 * the container's table of mounts and the host's.
 */
#pragma once

#include "decision.h"
#include "identity.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct arrivals;

/* The mount that a file lies on, where it came by propagation. */
struct arrived {
	const char *bind; /* mount point of the one of the start */
	char *point;	  /* the caller's PATH_MAX bytes: its own */
	bool read_only;	  /* by itself: the bind may be writable */
};

/* upper: the container's upper layer or root, which it writes; borrowed. NULL:
 * memory. */
struct arrivals *arrivals_new(const char *upper);

/* Remember the mounts that the task tid sees, at the start. What can't be
 * read is none. */
void arrivals_learn(struct arrivals *arrivals, pid_t tid);

/* A mount of the start, by its ID (struct identity): the mount point of the one
 * that it came below as if it had been propagated, or its own. NULL: it gets no
 * mounts from the host. */
const char *arrivals_bind(const struct arrivals *arrivals, uint64_t mount);

/*
 * Whether the file fd, of the numbers id and found at path by the task tid, is
 * on such a mount. ARRIVAL_PROPAGATED: *ret is set. May wait for the kernel's
 * lock on mounts, not for a file system.
 */
enum arrival arrivals_find(const struct arrivals *arrivals, pid_t tid, int fd,
			   const struct identity *id, const char *path,
			   struct arrived *ret);
