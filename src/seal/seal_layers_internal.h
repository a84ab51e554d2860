/*
 * seal_layers - the manifest of an image that is made of layers: each is sealed
 * once, and an image is their sum. All containers of an image have the same
 * manifest.
 */
#pragma once

#include "buffer.h"
#include "container.h"
#include "err.h"
#include "overlay.h"

/* A manifest that was read. */
struct sealed_image {
	struct buffer bytes;
	struct manifest *manifest;
};

void sealed_image_clear(struct sealed_image *image);

/* key: that of the chain of layers. Sets the container's manifest, its digest,
 * whether it existed already, and the figures of the files that were read. The
 * manifest isn't removed before this process ends. */
MUST_CHECK int seal_layers(const struct overlay *overlay, const char *key,
			   const char *folder, struct container *container,
			   struct sealed_image *ret, struct err *e);
