/*
 * manifest_internal - the layout of a manifest, which manifest_build.c writes
 * and manifest.c reads.
 */
#pragma once

#include "manifest.h"

#include <string.h>

/*
 * Layout: header, records sorted by path, inode table, digest table, text.
 * A table slot holds a record's index + 1, 0 is empty; a table has a power of
 * two of slots and is at most half full.
 */
#define MANIFEST_MAGIC                                                         \
	{                                                                      \
		'r', 'u', 'n', 'm', 'o', 'o', 'r', '\3'                        \
	}

struct header {
	char magic[8];
	uint32_t count;
	uint32_t slots;
	uint64_t text_len;
};

struct record {
	uint32_t path;
	uint32_t path_len;
	uint32_t interpreter;
	uint16_t kind;
	uint16_t racy;
	uint32_t mode, uid, gid, nlink;
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns;
	uint8_t digest[DIGEST_SIZE];
};

/* The slot where a search in a table begins. */
static inline uint32_t manifest_hash_ino(uint64_t ino)
{
	return (uint32_t)((ino * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static inline uint32_t manifest_hash_digest(const uint8_t digest[DIGEST_SIZE])
{
	uint32_t value;

	memcpy(&value, digest, sizeof(value));
	return value;
}

static inline int manifest_compare(const char *a, size_t a_len, const char *b,
				   size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}
