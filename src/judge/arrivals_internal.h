/*
 * arrivals - mounts that came after a container's start: by propagation from
 * the host below a mount of the baseline, or made by itself. The baseline's
 * mounts are recorded with the folders that they show and their places. Later
 * mounts aren't recorded: such a mount may be moved or unmounted, and another
 * one may get its place and number. So each file on one is looked up anew in
 * the container's table of mounts and in the host's.
 */
#pragma once

#include "decision.h"
#include "identity.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct arrivals;

/* A file's mount that came by propagation. */
struct arrived {
	const char *bind; /* mount point of the baseline's mount */
	char *point;	  /* the caller's PATH_MAX bytes: its own */
	bool read_only;	  /* the mount itself: the bind may be writable */
};

/* upper: the container's upper layer or root, which it writes; borrowed. NULL:
 * memory. */
struct arrivals *arrivals_new(const char *upper);

/* Record the mounts that the task tid sees, at the start. A mount that can't be
 * read isn't recorded. */
void arrivals_learn(struct arrivals *arrivals, pid_t tid);

/* For a mount of the baseline, by its ID (struct identity): the mount point of
 * the bind that it came with as if it had been propagated, or its own. NULL: it
 * gets no mounts from the host. */
const char *arrivals_bind(const struct arrivals *arrivals, uint64_t mount);

/* Find out whether the file fd, with the numbers id and found at path by the
 * task tid, is on such a mount. ARRIVAL_PROPAGATED: *ret is set. May wait for
 * the kernel's lock on mounts, not for a file system. */
enum arrival arrivals_find(const struct arrivals *arrivals, pid_t tid, int fd,
			   const struct identity *id, const char *path,
			   struct arrived *ret);
