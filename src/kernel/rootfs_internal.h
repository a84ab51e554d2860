/*
 * rootfs_internal - the threads of one walk and their shared state: the folders
 * still to be read, and the limits of the walk. Private to rootfs*.c.
 */
#pragma once

#include "links.h"
#include "rootfs.h"

#include <pthread.h>
#include <stdatomic.h>

/* A folder still to be read. */
struct folder {
	struct folder *next;
	size_t len;
	char path[];
};

/* The crew is on the heap: a thread that hangs may outlive the walk. */
struct crew {
	struct rootfs_walk walk; /* root and except are owned by the crew */
	struct identity *except; /* walk.except */
	struct links *links;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* waits by CLOCK_MONOTONIC */
	struct folder *todo;
	unsigned busy;
	unsigned users; /* threads, and the walk itself */
	/* No thread reports any more: the walk failed, is over its limit, or
	 * was left. */
	atomic_bool over;
	bool left; /* the walk has returned: its limit and context are gone */
	bool failed;
	struct err error;
	uint64_t files;
	uint64_t bytes;
	void (*visit)(struct crew *crew, const struct folder *folder);
};

/* NULL: out of memory or descriptors. Freed by its last crew_leave. */
struct crew *crew_new(const struct rootfs_walk *walk);
void crew_leave(struct crew *crew);

/* Visit the folders that were pushed, and those that visits push, with a
 * thread a core; until the limit at most. */
MUST_CHECK int crew_run(struct crew *crew, struct err *e);

void crew_push(struct crew *crew, const char *path, size_t len);
void crew_fail(struct crew *crew, const struct err *e);
void crew_found(struct crew *crew, const struct rootfs_file *file);
void crew_unreadable(struct crew *crew, const char *path, int error);

/* Subtract one more file, or bytes to hash, from the limit. False if that is
 * more than is left. */
bool crew_spend_file(struct crew *crew);
bool crew_spend_bytes(struct crew *crew, uint64_t bytes);

/* True if the walk leaves it out. */
bool crew_is_except(const struct crew *crew, const struct identity *id);

/* Inspect an open file, and report it if it is an executable; with the members
 * of an archive. */
void rootfs_inspect(struct crew *crew, int fd, const char *path,
		    struct rootfs_file *file);
