/*
 * layer - one folder of an overlay by itself: its names, which hide names of
 * the layers below, and whether these names alone define what the layer shows.
 * Source: Documentation/filesystems/overlayfs.rst; fs/overlayfs/namei.c.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A layer, as far as it was walked. A walk (rootfs.h) makes and uses it, from
 * any of its threads. */
struct layer;

/* The size that a layer may have at most; 0: any. */
struct layer_limit {
	size_t names;
	uint64_t bytes; /* the size of its regular files */
};

/* Open the folder as the overlay sees it: without the mounts below it. ret_fs
 * is a number of its file system, which a reboot doesn't change. ENOTSUP: the
 * folder is on an overlay itself, so that the overlay above sees other
 * files. */
MUST_CHECK int layer_open(const char *path, int *ret_fd, uint64_t *ret_fs,
			  struct err *e);

/* user_marks: the overlay is mounted with userxattr. NULL: no memory. */
struct layer *layer_new(bool user_marks, const struct layer_limit *limit);
void layer_owned(struct layer **layer);

/* Record a name of the layer: anything but a folder; a folder; and the kind of
 * a regular file. All fail with ENOTSUP if only the overlay itself knows what
 * is seen there (redirect_dir, metacopy, whiteouts by attribute), and with
 * E2BIG beyond the limit. */
MUST_CHECK int layer_add_name(struct layer *layer, const char *path, size_t len,
			      struct err *e);
MUST_CHECK int layer_add_folder(struct layer *layer, const char *path,
				size_t len, int fd, struct err *e);
MUST_CHECK int layer_check_file(struct layer *layer, int fd,
				const struct identity *id, struct err *e);

/* After the walk, call with each name and its KIND_HIDING, KIND_FOLDER or
 * KIND_OPAQUE. -1 of call ends it. */
MUST_CHECK int layer_each(const struct layer *layer,
			  int (*call)(void *context, const char *path,
				      size_t len, enum file_kind kind,
				      struct err *e),
			  void *context, struct err *e);
