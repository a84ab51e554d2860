/*
 * start - the baseline of a container, recorded before its first instruction:
 * the mounts that it was given, and the files that hooks of its specification,
 * which the operator configured, have added by then. It is recorded once, at
 * the first notification, and kept; later the container makes files and mounts
 * of its own.
 */
#pragma once

#include "container.h"
#include "manifest.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arrivals;
struct start;

/* Executables that hooks added: how many, and the digest of their manifest. */
struct added {
	struct survey_counts counts;
	char sha256[DIGEST_HEX];
};

/* True if the container's policy or hooks need a baseline. */
bool start_matters(const struct container *container);

struct start *start_new(const struct container *container); /* NULL: memory */

/* True if the baseline has been recorded. */
bool start_known(const struct start *start);

/* Record the baseline, through the task tid, unless another thread has. May
 * wait for file systems. A mount that can't be seen isn't in the baseline: its
 * files are drift. Executables that hooks added are to be reported: borrowed
 * from start. NULL: there are none, or they were returned before. */
const struct added *start_look(struct start *start, pid_t tid);

/* The mount point of a mount (stat_mount) of the baseline, and whether it was
 * read-only; NULL: it isn't in the baseline. It doesn't depend on the
 * container's mount namespaces and roots. */
const char *start_mount_point(const struct start *start, uint64_t mount,
			      bool *ret_read_only);

/* The mounts that came later; NULL: the baseline isn't known. */
const struct arrivals *start_arrivals(const struct start *start);

/* True if the baseline's mount at point was read-only, and the container can't
 * write there through another one either. */
bool start_read_only(const struct start *start, const char *point);

/* True if the engine's updates of the mount count. */
bool start_follows(const struct start *start, uint64_t mount);

/* Executables that hooks added; NULL: none. */
const struct manifest *start_added(const struct start *start);
