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

/*
 * cgroup: the text of a task's /proc/PID/cgroup. Waits until all are frozen,
 * half a second at most: a task that waits uninterruptibly stays as it is, and
 * runs none of its own code either. False, and nothing is frozen, where it has
 * no freezer, is frozen by somebody else, or we are in it.
 */
bool freezer_freeze(const char *cgroup, struct freezer *ret);
void freezer_thaw(struct freezer *freezer);
