/*
 * seal_root - the manifest of a root file system by a walk of all of it, for
 * roots that aren't made of layers, or whose layers aren't known.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "overlay.h"

/* Collect the files of the image: the merged lower layers, mounted privately in
 * folder, or, if these aren't known, all of the root file system. */
MUST_CHECK int seal_walk(const struct overlay *overlay, const char *folder,
			 struct container *container,
			 struct manifest_builder *builder, struct err *e);

/*
 * Set the path of the manifest of the image. A root is what it was at its first
 * create; key is its name, and the seal is kept until its folder is gone.
 */
MUST_CHECK int seal_root(const struct overlay *overlay, const char *folder,
			 const char *key, struct container *container,
			 struct err *e);

/* The same for a root that has no such name: the seal is for this container
 * only. */
MUST_CHECK int seal_own(const struct overlay *overlay, const char *folder,
			struct container *container, struct err *e);
