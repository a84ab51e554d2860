/*
 * seal_below - image layers that are overlays themselves: an image's mount,
 * podman's ":O" on one, composefs. For a file of such a root the kernel maps
 * the layer's own file, which has the layer's device number.
 */
#pragma once

#include "container.h"
#include "layers.h"

/* Add these device numbers to the container's, found by files of its
 * manifest. */
MUST_CHECK int seal_learn_below(const struct layers *layers,
				struct container *container, struct err *e);
