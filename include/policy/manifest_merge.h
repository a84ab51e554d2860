/*
 * manifest_merge - an image is the sum of its layers. Source: "Merged
 * directories", "whiteouts and opaque directories" in
 * Documentation/filesystems/overlayfs.rst.
 */
#pragma once

#include "manifest.h"

/* Collect in builder the entries that an overlay of these layers shows,
 * uppermost first. They are borrowed, and were read by manifest_parse_layer. */
MUST_CHECK int manifest_merge(const struct manifest *const *layers,
			      size_t count, struct manifest_builder *builder,
			      struct err *e);

/* The layer has no file but empty ones that an engine makes to mount others on,
 * as docker does for each container. Another layer with the same names is
 * equivalent. */
bool manifest_is_bare(const struct manifest *layer);
