/*
 * overlay - the layers below a container's root file system, and a way to
 * know that nobody holds a file of the upper one for writing. Source:
 * Documentation/filesystems/overlayfs.rst, fcntl(2) "Leases".
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>

struct overlay {
	char **lower; /* absolute folders, uppermost first */
	size_t lower_count;
	bool writable; /* it has an upper layer */
	char *upper;   /* absolute folder; NULL: none, or not known */
	/* Every lowerdir resolved to a folder: the image is known. */
	bool lower_known;
	/* Unchanged ctime means unchanged content: every layer lies on a file
	 * system that keeps it so, and no mount writes to a layer. */
	bool lower_immutable;
	char *options; /* that a second mount of the layers must repeat */
};

/* False where path isn't the mount point of an overlay. */
MUST_CHECK int overlay_find(const char *path, bool *ret_found,
			    struct overlay *ret, struct err *e);
void overlay_clear(struct overlay *overlay);

/* The merged lower layers alone, as a mount nobody else sees: a folder to
 * walk from, whose files have the identities that the container's mount
 * shows but for the device. scratch is a folder to mount on. */
MUST_CHECK int overlay_open_lower(const struct overlay *overlay,
				  const char *scratch, int *ret_fd,
				  struct err *e);

/*
 * Prove that nobody has a file open for writing or mapped shared-writable,
 * by a lease that no writer lets be granted. On an overlay the merged inode
 * doesn't see a mapping that outlives its descriptor, so the lease is taken
 * on the upper file, and that it is the same file is proven by a mark.
 * upper: path of the upper layer or NULL for a file that is on no overlay;
 * path: of the file in the overlay; fd: the file open for reading.
 * EAGAIN: there is a writer. The lease ends with the call, the answer is
 * good while something else holds new writers off.
 */
MUST_CHECK int overlay_unwritten(int fd, const char *upper, const char *path,
				 struct err *e);

/* The file system keeps content under a running reader: no network, no FUSE. */
bool overlay_fs_stable(int fd);
/* tmpfs, hugetlbfs, ramfs. */
bool overlay_fs_memory(int fd);
