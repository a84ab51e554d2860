/*
 * survey - walk a folder or inspect a file, and collect the executables for a
 * manifest. Long work shows its progress on a terminal.
 */
#pragma once

#include "err.h"
#include "json.h"
#include "manifest.h"

#include <stdbool.h>
#include <stdint.h>

struct layer;
struct rootfs_limit;

/* Figures of one survey, or of several added up. People read them; but a layer
 * with unreadable files isn't sealed by itself. */
struct survey_counts {
	uint64_t files;
	uint64_t bytes; /* that were hashed */
	uint64_t unreadable_count;
	struct json *unreadable; /* the first of their paths, or NULL */
};

void survey_counts_clear(struct survey_counts *counts);

/* The input of a survey, and the receivers of its findings. Borrowed. */
struct survey {
	struct survey_counts *counts; /* added to */
	const char *prefix; /* of the paths: where it is in the container */
	int64_t since_ns;   /* only files made later; 0: all */
	bool texts;	    /* what an interpreter could be handed as well */
	/* Globs of paths that are sealed whatever lies there. */
	char *const *also;
	size_t also_count;
	/* The next members are as in rootfs_walk. */
	bool one_mount;
	const struct identity *except;
	size_t except_count;
	struct rootfs_limit *limit;
	struct manifest_builder *builder;
	/* The folder is a layer, whose files have this device; NULL: each has
	 * its own. */
	struct layer *layer;
	uint64_t device;
	/* Files without content have no identity, so that the layers that an
	 * engine makes for each container are alike. */
	bool alike;
};

/* Survey everything below root (O_PATH or O_RDONLY); for a layer its names,
 * too. */
MUST_CHECK int survey_folder(const struct survey *survey, int root,
			     struct err *e);

/* The one regular file (O_PATH) that prefix is in the container. */
MUST_CHECK int survey_file(const struct survey *survey, int file,
			   struct err *e);

/* Publish the collected entries as a manifest at path. An existing one is kept:
 * another create was first, and its container has recorded it. */
MUST_CHECK int survey_publish(struct manifest_builder *builder,
			      const char *path, struct err *e);

/* Read, check and digest the manifest at path. The caller keeps bytes as long
 * as the manifest; *ret_hex is malloc'ed. */
MUST_CHECK int survey_read(const char *path, struct buffer *bytes,
			   struct manifest **ret, char **ret_hex,
			   struct err *e);
