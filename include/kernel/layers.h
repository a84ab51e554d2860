/*
 * layers - which folders an overlay is made of, and what names the image that
 * they are. A mount table shows them as the engine had mounted them: absolute
 * paths, paths relative to a folder that the engine had changed to,
 * descriptor numbers, or temporary mounts that are gone by now. Sources:
 * Documentation/filesystems/overlayfs.rst, proc_pid_mountinfo(5); the record
 * "lower" that the overlay drivers of containers/storage (podman, CRI-O) and
 * of docker keep beside each upper folder.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LAYERS_MAX = 500 }; /* as OVL_MAX_STACK of the kernel */

struct layers {
	char **lower; /* absolute folders, uppermost first */
	size_t lower_count;
	/* Every one was found: they are the image. */
	bool lower_known;
	bool writable; /* there is an upper folder, shown or not */
	char *upper;   /* absolute; NULL: none, or not found  */
};

/*
 * Read the file system options of an overlay that is mounted on mount_point,
 * octal escapes and all. What isn't found is no error: lower_known says so,
 * and lower_count is the number of the layers that are shown even then.
 */
MUST_CHECK int layers_find(const char *mount_point, const char *options,
			   struct layers *ret, struct err *e);
void layers_clear(struct layers *layers);

/* The upper folder alone, at less cost than layers_find. NULL: there is none,
 * it isn't found, or no memory. */
char *layers_upper(const char *mount_point, const char *options);

/*
 * Append what names the image: the same for every container of it, and at
 * every later create of this one, after a reboot too. NULL: rootfs is a plain
 * folder, or the root of some other file system.
 *
 *   lower layers known    the identity of each
 *   else, upper known     that of the upper folder
 *   else, an overlay      that of the folder that rootfs is mounted in; so
 *                         for FUSE (fuse-overlayfs) and network mounts
 *   a plain folder        its own
 *
 * In all but the first the image is what the root showed at the container's
 * first create, and a restart must find that again. *ret_shared is false
 * where the layers can't be told from others that had their place before: the
 * seal is for this container only, then.
 */
MUST_CHECK int layers_name(const struct layers *layers, const char *rootfs,
			   struct buffer *out, bool *ret_shared, struct err *e);

/* Append what names one folder or file, as above. *ret_unique turns false
 * where it has no birth time, so that another may have had its numbers. */
MUST_CHECK int layers_name_folder(const char *path, struct buffer *out,
				  bool *ret_unique, struct err *e);

/* A server answers for it, as fuse-overlayfs or a network's: each mount of it
 * has numbers of its own. */
bool layers_served(const char *path);
