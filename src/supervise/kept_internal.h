/*
 * kept_internal - what the parts of kept share: kept.c (what is kept) and
 * kept_writers.c (the thread that lets go of it).
 */
#pragma once

#include "kept.h"
#include "mappers.h"

#include <pthread.h>
#include <sys/stat.h>

enum {
	KEPT_MAX = MAPPERS_FILES_MAX,
	CGROUPS_MAX = 64,
	/* From a verdict to the mapping that it allows, where tasks can't be
	 * frozen: until then no look at them finds it. */
	SETTLE_MS = 1000,
	SWEEP_MS = 10000, /* after the last was added */
};

struct library {
	struct library *next;
	int lease;
	int merged;	    /* lease_merged, or -1 */
	struct stat leased; /* on an overlay the upper file */
	struct identity identity;
	char *path;
	uint8_t digest[DIGEST_SIZE];
	int64_t since_ms; /* when it was last about to be mapped */
	int64_t renewed_ms;
};

struct kept {
	const struct container *container;
	struct journal *journal;
	pthread_mutex_t lock;
	struct library *first; /* removed by the thread only */
	size_t count;
	char *cgroups[CGROUPS_MAX]; /* of those that mapped; only added to */
	size_t cgroup_count;
	int64_t sweep_ms; /* when to look which are mapped; 0: no need */
	bool started;
	pthread_t thread;
	pthread_mutex_t freezing; /* held while something is frozen */
};

int64_t kept_now_ms(void);

/* It gives its lease back, and is freed. With kept->lock. */
void kept_release(struct kept *kept, struct library *library);

/* The thread: lets writers go on, and gives up what nobody maps any more. */
void *kept_serve_writers(void *kept);
