/*
 * freezer - stop all tasks of a cgroup at once, so that none can escape an
 * inspection. Sources: cgroups(7); in the kernel's documentation
 * cgroup-v1/freezer-subsystem and "cgroup.freeze" of cgroup-v2.
 */
#pragma once

#include <stdbool.h>

/* A cgroup that we froze; fd is -1 if it isn't frozen. */
struct freezer {
	int fd;
	const char *thaw; /* the text to write there */
};

enum freezer_outcome {
	FREEZER_FROZEN, /* or it is empty: no task is inside a call */
	FREEZER_NONE,	/* no freezer, frozen by another process, or ours */
	FREEZER_WAITS,	/* a task waits uninterruptibly                  */
};

/* cgroup: the text of a task's /proc/PID/cgroup. Waits until all are frozen,
 * half a second at most. The caller has to thaw it, whatever the outcome. */
enum freezer_outcome freezer_freeze(const char *cgroup, struct freezer *ret);
void freezer_thaw(struct freezer *freezer);
