/*
 * charge - a cgroup of one's own beside another, with the same limits of
 * processor time: who is in it takes no more of it than that one may, and is
 * on the account of the cgroup above both. Sources: in the kernel's
 * documentation cgroup-v1/cpuacct, scheduler/sched-bwc and "CPU" of cgroup-v2.
 *
 * Version 1: of the hierarchies of cpu and cpuacct only. Version 2 has one
 * hierarchy: memory and numbers of tasks count there too.
 *
 * Beside and not within: a cgroup of version 2 that has tasks can't have others
 * below it that have limits, the engine freezes, counts, kills and removes what
 * is within, and a supervisor that waits for its container's processor time
 * would be waited for by everybody in it.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHARGE_HIERARCHIES_MAX = 2 };

struct charge {
	size_t count;	/* 0: not charged */
	bool version_1; /* as the files in it are called */
	/* For each hierarchy; all are ours. */
	struct charge_place {
		char *payer; /* the folder of the other cgroup */
		char *own;   /* ours, beside it */
		char *home;  /* where this process was */
		char *mount;
	} places[CHARGE_HIERARCHIES_MAX];
	char limit[64];	    /* as it was read of the payer last */
	uint64_t throttled; /* how often we were, when last asked */
};

/*
 * Make a cgroup called name beside that of a task, whose /proc/PID/cgroup is
 * text, and move this process to it. Fails, with the reason, where the task is
 * in a root cgroup or in ours, or the kernel doesn't let it; then nothing is
 * left behind.
 */
MUST_CHECK int charge_join(const char *text, const char *name,
			   struct charge *ret, struct err *e);

/* Take over the payer's limits, should they have changed. */
void charge_follow(struct charge *charge);

/* Whether this cgroup had to wait for its limit since it was last asked. */
bool charge_throttled(struct charge *charge);

/* Back to where this process was, and remove the cgroup. */
void charge_leave(struct charge *charge);
