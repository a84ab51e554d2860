/*
 * kept_internal - declarations that the parts of kept share: kept.c (the kept
 * leases) and kept_writers.c (the thread that gives them back).
 */
#pragma once

#include "kept.h"
#include "mappers.h"

#include <pthread.h>
#include <sys/stat.h>

enum {
	KEPT_MAX = MAPPERS_FILES_MAX,
	CGROUPS_MAX = 64,
	/* The time from a verdict to the mapping that it allows, if tasks can't
	 * be frozen: before that a search doesn't find the mapping. */
	SETTLE_MS = 1000,
	SWEEP_MS = 10000, /* after the last file was added */
};

struct library {
	struct library *next;
	int lease;
	int merged;	    /* lease_merged, or -1 */
	struct stat leased; /* on an overlay the upper file */
	struct identity identity;
	char *path;
	uint8_t digest[DIGEST_SIZE];
	int64_t since_ms; /* time when it was last about to be mapped */
	int64_t renewed_ms;
};

struct kept {
	const struct container *container;
	struct journal *journal;
	pthread_mutex_t lock;
	struct library *first; /* removed by the thread only */
	size_t count;
	char *cgroups[CGROUPS_MAX]; /* cgroups of tasks that mapped; never
				       removed */
	size_t cgroup_count;
	int64_t sweep_ms; /* time of the next sweep; 0: none */
	bool started;
	pthread_t thread;
	pthread_mutex_t freezing; /* held while a cgroup is frozen */
};

int64_t kept_now_ms(void);

/* Give its lease back, and free it. Called with kept->lock held. */
void kept_release(struct kept *kept, struct library *library);

/* The thread: it lets writers go on, and gives up files that no process maps
 * any more. */
void *kept_serve_writers(void *kept);
