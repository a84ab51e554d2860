/*
 * judge_open - the data for a container's judgements: its manifests, its
 * configuration, kept facts of files. There is one judge a container, shared by
 * all threads, and unchanged after judge_open; only lineage, start and digests
 * grow, each under a lock of its own.
 */
#pragma once

#include "container.h"
#include "decision.h"
#include "err.h"
#include "interpreter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digests;
struct lineage;
struct mapped;
struct start;

/* An interpreter that the image ships. */
struct known_interpreter {
	uint8_t digest[DIGEST_SIZE];
	enum interpreter interpreter;
};

struct judge {
	const struct container *container;
	struct sealed sealed;
	const struct manifest *binfmt; /* see seal_binfmt.h; NULL: none */
	struct mapped *mapped;	       /* the manifests' memory */
	uint64_t devices[MANIFEST_DEVICES_MAX]; /* the image's, as mounted */
	/* Larger files are not shipped, and get no digest in an event: a sparse
	 * one of terabytes would keep a core busy for hours. */
	uint64_t hash_limit;
	/* The sizes of all shipped files, sorted; any_size: an exception names
	 * a digest, or a volume is trusted whatever its content. */
	uint64_t *sizes;
	size_t size_count;
	bool any_size;
	struct lineage *lineage; /* NULL: no exception names a program */
	struct start *start;	 /* NULL: it doesn't matter */
	struct digests *digests;
	struct known_interpreter *interpreters; /* NULL: scripts are off */
	size_t interpreter_count;
};

/* Map the manifests that container names, checked against their digests.
 * container is borrowed for as long as the judge is used. */
MUST_CHECK int judge_open(const struct container *container, struct judge *ret,
			  struct err *e);

/* The order of judge.sizes, for bsearch(3). */
int judge_compare_sizes(const void *a, const void *b);
