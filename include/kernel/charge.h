/*
 * charge - a cgroup beside another, with the same limits of processor time:
 * tasks in it get no more than the other cgroup may use, and are charged to the
 * cgroup above both. Sources: in the kernel's documentation cgroup-v1/cpuacct,
 * scheduler/sched-bwc and "CPU" of cgroup-v2.
 *
 * Version 1: only in the hierarchies of cpu and cpuacct. Version 2 has one
 * hierarchy: memory and numbers of tasks count there too.
 *
 * It is beside the other and not within it, for three reasons: in version 2 a
 * cgroup that has tasks can't have others with limits below it; the engine
 * freezes, counts, kills and removes everything within; and all tasks of a
 * container would wait for a supervisor that waits for the container's own
 * processor time.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHARGE_HIERARCHIES_MAX = 2 };

struct charge {
	size_t count;	/* 0: not charged */
	bool version_1; /* names of the files in it */
	/* One for each hierarchy; the strings are owned. */
	struct charge_place {
		char *payer; /* the folder of the other cgroup */
		char *own;   /* ours, beside it */
		char *home;  /* the first cgroup of this process */
		char *mount;
	} places[CHARGE_HIERARCHIES_MAX];
	char limit[64];	    /* the payer's, as last read */
	uint64_t throttled; /* number of throttled periods, as last read */
};

/* Make a cgroup called name beside that of a task, whose /proc/PID/cgroup is
 * text, and move this process to it. Fails, with the reason, if the task is in
 * a root cgroup or in ours, or the kernel refuses; then nothing is left
 * behind. */
MUST_CHECK int charge_join(const char *text, const char *name,
			   struct charge *ret, struct err *e);

/* Copy the payer's limits if they have changed. */
void charge_follow(struct charge *charge);

/* True if this cgroup was throttled since the last call. */
bool charge_throttled(struct charge *charge);

/* Move this process back to its first cgroup, and remove this one. */
void charge_leave(struct charge *charge);
