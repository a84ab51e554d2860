/*
 * cache - the files of images below cache_dir, kept from one container to the
 * next:
 *
 *   manifests/DIGEST.manifest  executables of an image, by the digest of the
 *                              file's bytes: equal manifests are one file
 *   chains/KEY                 the digest of the manifest of an image that is
 *                              made of these layers
 *   layers/KEY.layer           names of one layer: a digest, then a manifest
 *   roots/KEY.manifest         executables of a root file system without
 *                              layers, as at its container's first create
 *   roots/KEY.place            the folder of that root
 *   volumes/                   seals of volumes (seals.h)
 *   lock                       locked shared to add, and exclusively to remove
 *
 * A file is never written after it has its name.
 */
#pragma once

#include "buffer.h"
#include "err.h"
#include "identity.h"
#include "manifest.h"

enum cache_kind {
	CACHE_MANIFEST,
	CACHE_CHAIN,
	CACHE_LAYER,
	CACHE_ROOT,
	CACHE_PLACE,
};

enum { CACHE_KINDS = CACHE_PLACE + 1 };

/* The folder of a kind, below cache_dir, and the ending of its names. */
const char *cache_folder(enum cache_kind kind);
const char *cache_ending(enum cache_kind kind);

/* malloc'ed; NULL: no memory. */
char *cache_path(const char *cache_dir, enum cache_kind kind, const char *key);

/* Make the folders, and hold the lock; -1 with EAGAIN during a removal, and
 * with alone also while another process adds. */
MUST_CHECK int cache_lock(const char *cache_dir, bool alone, int *ret_fd,
			  struct err *e);

/* Mark the manifest at path as used, until this process ends: it is the
 * youngest, and isn't removed. False: it doesn't exist. */
bool cache_hold(const char *path);

/* Remove a file that no process holds; the caller has the lock alone. False: a
 * process holds it. */
bool cache_remove(const char *path);

/* The manifest that the chain of this key has; *ret is malloc'ed. -1: none. */
MUST_CHECK int cache_read_chain(const char *cache_dir, const char *key,
				char ret[DIGEST_HEX]);
/* text: lines of place_describe, and "layer KEY" for each. */
MUST_CHECK int cache_write_chain(const char *cache_dir, const char *key,
				 const char *manifest,
				 const struct buffer *text, struct err *e);

MUST_CHECK int cache_publish(const char *cache_dir,
			     struct manifest_builder *builder,
			     char ret[DIGEST_HEX], struct err *e);

/* Read a layer, whose bytes the caller keeps as long as the manifest. A damaged
 * one is removed, and counts as missing: -1. */
MUST_CHECK int cache_read_layer(const char *cache_dir, const char *key,
				struct buffer *bytes, struct manifest **ret);
MUST_CHECK int cache_write_layer(const char *cache_dir, const char *key,
				 const struct buffer *bytes, struct err *e);
