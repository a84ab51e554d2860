/*
 * rootfs - find and hash every executable below a folder, on all cores. Only
 * regular files are opened; symlinks aren't followed. A file is read to the
 * size that it had when it was opened, and once, however many names it has.
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
	uint64_t hashed; /* bytes read for its digest */
};

/* The cost that one walk, or several in sequence, may have. Each subtracts its
 * own. */
struct rootfs_limit {
	int64_t until_ns; /* CLOCK_MONOTONIC; a walk that hangs is abandoned
			     then */
	uint64_t files;	  /* files and folders that are visited */
	uint64_t bytes;	  /* hashed */
	bool exceeded;	  /* something was left out because of a limit */
};

struct layer;

struct rootfs_walk {
	int root;	  /* O_PATH or O_RDONLY folder, borrowed */
	int64_t since_ns; /* only files made later; 0: all */
	bool texts;	  /* also text files, for interpreters */
	/* The folder is a layer: its names are recorded here. NULL: none */
	struct layer *layer;
	/* True if a file without any mark of an executable is to be reported as
	 * well; called by several threads at once. NULL: none is. */
	bool (*wanted)(void *context, const char *path);
	bool one_mount; /* without mounts below root */
	/* Files and folders to leave out, under any name; one without an inode
	 * is a whole mount. Borrowed. */
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
	/* Called every now and then; may be NULL. */
	void (*progress)(void *context, uint64_t files, uint64_t bytes);
};

MUST_CHECK int rootfs_walk(const struct rootfs_walk *walk, struct err *e);

/* The same for the one regular file that walk->root (O_PATH) is; path is for
 * messages, the file's own path is "". */
MUST_CHECK int rootfs_file(const struct rootfs_walk *walk, const char *path,
			   struct err *e);
