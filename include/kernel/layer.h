/*
 * layer - one folder of an overlay by itself: its names, since they hide what
 * the layers below have, and whether those tell all that it shows. Source:
 * Documentation/filesystems/overlayfs.rst; fs/overlayfs/namei.c.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One layer as far as it was walked. A walk (rootfs.h) makes and uses it, from
 * any of its threads. */
struct layer;

/* The size that a layer may have at most; 0: any. */
struct layer_limit {
	size_t names;
	uint64_t bytes; /* of its regular files */
};

/*
 * Open the folder as the overlay sees it: without what is mounted below it.
 * ret_fs is a number of its file system, which a reboot doesn't change.
 * ENOTSUP: the overlay sees something else than its files, since it is an
 * overlay itself.
 */
MUST_CHECK int layer_open(const char *path, int *ret_fd, uint64_t *ret_fs,
			  struct err *e);

/* user_marks: the overlay is mounted with userxattr. NULL: no memory. */
struct layer *layer_new(bool user_marks, const struct layer_limit *limit);
void layer_owned(struct layer **layer);

/*
 * Take down a name of the layer: anything but a folder; a folder; and, where
 * it is a regular file, what that is. All fail with ENOTSUP where only the
 * overlay itself can tell what is seen there (redirect_dir, metacopy,
 * whiteouts by attribute), and with E2BIG beyond the limit.
 */
MUST_CHECK int layer_add_name(struct layer *layer, const char *path, size_t len,
			      struct err *e);
MUST_CHECK int layer_add_folder(struct layer *layer, const char *path,
				size_t len, int fd, struct err *e);
MUST_CHECK int layer_check_file(struct layer *layer, int fd,
				const struct identity *id, struct err *e);

/* Once the walk is over: each name, KIND_HIDING, KIND_FOLDER or KIND_OPAQUE.
 * -1 of call ends it. */
MUST_CHECK int layer_each(const struct layer *layer,
			  int (*call)(void *context, const char *path,
				      size_t len, enum file_kind kind,
				      struct err *e),
			  void *context, struct err *e);
