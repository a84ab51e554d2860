/*
 * cache - the files of images below cache_dir, kept from one container to the
 * next:
 *
 *   manifests/DIGEST.manifest  of an image, by the digest of its bytes: one for
 *                              all that are the same
 *   chains/KEY                 which of them the image of these layers has
 *   layers/KEY.layer           what one layer has: a digest, then a manifest
 *   roots/KEY.manifest         a root file system without layers, as it was
 *                              when its container was first created
 *   roots/KEY.place            the folder that it is
 *   volumes/                   (seal_volumes.c)
 *   lock                       held shared by who adds, alone by who removes
 *
 * No file here is written after it has its name.
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
