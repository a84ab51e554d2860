/*
 * start_internal - declarations that start.c (the mounts of the baseline) and
 * start_hooks.c (what hooks of the specification added) share.
 */
#pragma once

#include "start.h"

#include "buffer.h"
#include "survey.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum { MOUNTS_MAX = 4096 };

/* A mount that the container was started with. */
struct given {
	uint64_t mount; /* stat_mount */
	bool read_only;
	bool specified; /* mounted by the specification, not by a hook */
	bool followed;	/* only the engine writes there, and policy lets it */
	bool roots;	/* a part of the root file system, mounted on itself */
	char *point;
};

struct start {
	const struct container *container;
	pthread_mutex_t lock;
	atomic_bool known;
	struct given given[MOUNTS_MAX];
	size_t count;
	struct arrivals *arrivals; /* those that come later */
	struct buffer bytes;	   /* of the manifest of what hooks added */
	struct manifest *manifest;
	struct added added;
};

/* The index of a mount; count: there is none. */
size_t start_find(const struct start *start, uint64_t mount);

/* Open a path as the container's root shows it, O_PATH; -1: errno. */
int start_open_in(int root, const char *path, uint64_t resolve);

/* Seal the mounts that hooks made: those that the specification doesn't list.
 */
void start_seal_mounts(struct start *start, int root,
		       const struct survey *survey);

/* Seal the files of the root that are newer than the create: on an overlay they
 * are in its upper layer. */
void start_seal_root(const struct start *start, const struct survey *survey);

/* Make the manifest of all that hooks added; false if that is nothing. */
bool start_publish(struct start *start, struct manifest_builder *builder);
