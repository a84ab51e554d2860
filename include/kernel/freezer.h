/*
 * freezer - stop all tasks of a cgroup at once, so that none can leave while
 * they are looked at. Sources: cgroups(7); in the kernel's documentation
 * cgroup-v1/freezer-subsystem and "cgroup.freeze" of cgroup-v2.
 */
#pragma once

#include <stdbool.h>

/* A cgroup that is frozen, by us; fd is -1 where it isn't. */
struct freezer {
	int fd;
	const char *thaw; /* what to write there */
};

enum freezer_outcome {
	FREEZER_FROZEN, /* or nobody is in it: no task is inside a call */
	FREEZER_NONE,	/* no freezer, frozen by others, or we are in it */
	FREEZER_WAITS,	/* a task waits uninterruptibly                  */
};

/*
 * cgroup: the text of a task's /proc/PID/cgroup. Waits until all are frozen,
 * half a second at most. To be thawed, whatever comes of it.
 */
enum freezer_outcome freezer_freeze(const char *cgroup, struct freezer *ret);
void freezer_thaw(struct freezer *freezer);
