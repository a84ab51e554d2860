/*
 * layers - the folders of an overlay, and the name of the image that they form.
 * A mount table shows them as the engine had mounted them: absolute paths,
 * paths relative to a folder that the engine had changed to, descriptor
 * numbers, or temporary mounts that are gone by now. Sources:
 * Documentation/filesystems/overlayfs.rst, proc_pid_mountinfo(5); the record
 * "lower" that the overlay drivers of containers/storage (podman, CRI-O) and of
 * docker keep beside each upper folder.
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
 * Append the name of the image: it is the same for every container of the
 * image, and at every later create of this one, after a reboot too. NULL:
 * rootfs is a plain folder, or the root of some other file system.
 *
 *   lower layers known    the identity of each
 *   else, upper known     that of the upper folder
 *   else, an overlay      that of the folder that rootfs is mounted in; so
 *                         for FUSE (fuse-overlayfs) and network mounts
 *   a plain folder        its own
 *
 * In all cases but the first, the image is the content of the root at the
 * container's first create, and a restart must find its seal again. *ret_shared
 * is false if the layers can't be distinguished from others that had their
 * place before: then the seal is for this container only.
 */
MUST_CHECK int layers_name(const struct layers *layers, const char *rootfs,
			   struct buffer *out, bool *ret_shared, struct err *e);

/* Append the name of one folder or file, as above. *ret_unique becomes false if
 * it has no birth time, so that another may have had its numbers. */
MUST_CHECK int layers_name_folder(const char *path, struct buffer *out,
				  bool *ret_unique, struct err *e);

/* True if a server answers for it, such as fuse-overlayfs or a network's: each
 * mount of it has numbers of its own. */
bool layers_served(const char *path);
