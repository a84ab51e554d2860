/*
 * manifest - the executables an image shipped with, sealed before its
 * container starts. Immutable once parsed, hence safe to share: the bytes are
 * one flat block with its own hash tables, mapped read-only by every
 * supervisor of the image. Byte order is the machine's: a manifest never
 * leaves the machine that made it.
 */
#pragma once

#include "buffer.h"
#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct manifest;

enum {
	MANIFEST_ENTRIES_MAX = 4 * 1024 * 1024,
	MANIFEST_DEVICES_MAX = 64,
};

/* One executable; strings are borrowed from the manifest. */
struct entry {
	const char *path; /* absolute in the image; any byte but NUL */
	size_t path_len;
	const char *interpreter; /* of #! or PT_INTERP; "" if none   */
	enum file_kind kind;
	bool racy; /* changed too shortly before the seal for its ctime to prove
		      anything: its content is hashed each time */
	uint8_t digest[DIGEST_SIZE];
	struct identity identity; /* dev: as numbered by the sealing walk */
};

/* Collect entries, in any order, then write them out. */
struct manifest_builder;
struct manifest_builder *manifest_builder_new(void); /* NULL: no memory */
void manifest_builder_free(struct manifest_builder *builder);
void manifest_builder_owned(struct manifest_builder **builder);
MUST_CHECK int manifest_builder_add(struct manifest_builder *builder,
				    const struct entry *entry, struct err *e);
/* The same entries make the same bytes, in whatever order they came. */
MUST_CHECK int manifest_builder_write(struct manifest_builder *builder,
				      struct buffer *out, struct err *e);

/*
 * Parse the bytes of a manifest, which are borrowed and must outlive it, at
 * an address that is a multiple of 8. On success *ret_manifest is owned by
 * the caller (manifest_free); on failure it is left untouched.
 */
MUST_CHECK int manifest_parse(const void *bytes, size_t len,
			      struct manifest **ret_manifest, struct err *e);
/* The same for the manifest of one layer: it may also have entries of the kinds
 * after KIND_TEXT, for which any other manifest is refused. */
MUST_CHECK int manifest_parse_layer(const void *bytes, size_t len,
				    struct manifest **ret_manifest,
				    struct err *e);
void manifest_free(struct manifest *manifest);
void manifest_owned(struct manifest **manifest);

/* The size of the largest entry, in bytes: no larger file can be shipped. */
uint64_t manifest_largest(const struct manifest *manifest);
size_t manifest_count(const struct manifest *manifest);
void manifest_entry(const struct manifest *manifest, size_t index,
		    struct entry *ret);

/* False if the image ships no such file. */
bool manifest_find_path(const struct manifest *manifest, const char *path,
			size_t len, struct entry *ret);
bool manifest_find_digest(const struct manifest *manifest,
			  const uint8_t digest[DIGEST_SIZE], struct entry *ret);
/* True if a member of an archive has this digest: it may be extracted
 * anywhere. */
bool manifest_has_member(const struct manifest *manifest,
			 const uint8_t digest[DIGEST_SIZE]);
/* Find by inode, size, mtime and ctime, whatever the device: the caller
 * compares that with the devices of the mount, and checks entry.racy. */
bool manifest_find_identity(const struct manifest *manifest,
			    const struct identity *identity, struct entry *ret);
