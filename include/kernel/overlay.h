/*
 * overlay - the overlay that is a container's root file system, and its image
 * without the files that the container wrote. Source:
 * Documentation/filesystems/overlayfs.rst.
 */
#pragma once

#include "err.h"
#include "layers.h"

#include <stdbool.h>

struct overlay {
	struct layers layers;
	/* Unchanged ctime means unchanged content: every layer lies on a file
	 * system that ensures it, and no mount writes to a layer. */
	bool lower_immutable;
	char *options; /* that a second mount of the layers must repeat */
};

/* False if path isn't the mount point of an overlay. */
MUST_CHECK int overlay_find(const char *path, bool *ret_found,
			    struct overlay *ret, struct err *e);
void overlay_clear(struct overlay *overlay);

/* The merged lower layers alone, as a mount that no other process sees: a
 * folder to walk from, whose files have the identities that the container's
 * mount shows except for the device. scratch is a folder to mount on. */
MUST_CHECK int overlay_open_lower(const struct overlay *overlay,
				  const char *scratch, int *ret_fd,
				  struct err *e);
