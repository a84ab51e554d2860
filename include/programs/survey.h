/*
 * survey - walk a folder or look at a file, and collect its executables for a
 * manifest. Long work shows its progress on a terminal.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "manifest.h"

/* Everything below root (O_PATH or O_RDONLY) under paths that begin with
 * prefix; counted in container, and so is what couldn't be read. */
MUST_CHECK int survey_folder(struct container *container, int root,
			     const char *prefix,
			     struct manifest_builder *builder, struct err *e);

/* The one regular file (O_PATH) that path is in the container. */
MUST_CHECK int survey_file(struct container *container, int file,
			   const char *path, struct manifest_builder *builder,
			   struct err *e);

/* Publish what was collected as a manifest at path. */
MUST_CHECK int survey_publish(struct manifest_builder *builder,
			      const char *path, struct err *e);

/* Read, check and digest the manifest at path. The caller keeps bytes as long
 * as the manifest; *ret_hex is malloc'ed. */
MUST_CHECK int survey_read(const char *path, struct buffer *bytes,
			   struct manifest **ret, char **ret_hex,
			   struct err *e);
