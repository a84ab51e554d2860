/*
 * rootfs - find and hash every executable below a folder, by all cores.
 * Nothing but regular files is opened; symlinks aren't followed. A file is
 * read to the size that it had when it was opened, and once, however many
 * names it has.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An executable that was found; strings are borrowed for the call. */
struct rootfs_file {
	const char *path; /* absolute below the folder */
	size_t path_len;
	const char *interpreter;
	enum file_kind kind;
	uint8_t digest[DIGEST_SIZE];
	struct identity identity;
	uint64_t hashed; /* bytes that were read for its digest */
};

/* The cost that one walk, or several one after the other, may have. Each
 * subtracts its own. */
struct rootfs_limit {
	int64_t until_ns; /* CLOCK_MONOTONIC; a walk that hangs is left then */
	uint64_t files;	  /* and folders, looked at */
	uint64_t bytes;	  /* hashed */
	bool exceeded;	  /* something was left out for it */
};

struct layer;

struct rootfs_walk {
	int root;	  /* O_PATH or O_RDONLY folder, borrowed */
	int64_t since_ns; /* only files made later; 0: all */
	bool texts;	  /* what an interpreter could be handed as well */
	/* The folder is a layer: what its names hide is added. NULL: none */
	struct layer *layer;
	/* Whether a file without any such mark is to be reported as well; by
	 * several threads at once. NULL: none is. */
	bool (*wanted)(void *context, const char *path);
	bool one_mount; /* not what is mounted below root */
	/* Files and folders that are left out, by whatever name; without an
	 * inode all of a mount. Borrowed. */
	const struct identity *except;
	size_t except_count;
	struct rootfs_limit *limit; /* NULL: none */
	void *context;
	/* All three are called by several threads, one at a time, and not once
	 * rootfs_walk has returned. -1 ends the walk with an error.
	 * unreadable: a file or folder that is left out. */
	int (*found)(void *context, const struct rootfs_file *file,
		     struct err *e);
	void (*unreadable)(void *context, const char *path, int error);
	/* Every now and then; may be NULL. */
	void (*progress)(void *context, uint64_t files, uint64_t bytes);
};

MUST_CHECK int rootfs_walk(const struct rootfs_walk *walk, struct err *e);

/* The same for the one regular file that walk->root (O_PATH) is; path is for
 * messages, the file's own path is "". */
MUST_CHECK int rootfs_file(const struct rootfs_walk *walk, const char *path,
			   struct err *e);
