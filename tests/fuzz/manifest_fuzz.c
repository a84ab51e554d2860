/*
 * Bytes that begin as a manifest are read as one: refused, or all of it can be
 * read, and each look-up finds an entry of it. Any others are entries, of which
 * a manifest is made: it parses, and has them all.
 */
#include "manifest_merge.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRAITS = 6, PATH_LEN = 16 };

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void require_sound(const struct manifest *m, const struct entry *entry)
{
	struct entry found;

	require(entry->path[entry->path_len] == '\0');
	require(entry->kind <= KIND_TEXT);
	(void)strlen(entry->interpreter);
	if (manifest_find_path(m, entry->path, entry->path_len, &found))
		require(found.path_len == entry->path_len &&
			memcmp(found.path, entry->path, found.path_len) == 0);
	if (manifest_find_digest(m, entry->digest, &found))
		require(memcmp(found.digest, entry->digest, DIGEST_SIZE) == 0);
	if (manifest_find_identity(m, &entry->identity, &found))
		require(identity_same_content(&found.identity,
					      &entry->identity));
}

/* The sum of two layers like it is a manifest of an image. */
static void merge_layers(const void *bytes, size_t size)
{
	OWNED(manifest_owned) struct manifest *layer = NULL;
	OWNED(manifest_owned) struct manifest *image = NULL;
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(buffer_clear) struct buffer out = BUFFER_INIT;

	if (manifest_parse_layer(bytes, size, &layer, NULL) < 0)
		return;
	require(manifest_merge((const struct manifest *[]){layer, layer}, 2,
			       builder, NULL) == 0);
	require(manifest_builder_write(builder, &out, NULL) == 0);
	require(manifest_parse(out.data, out.len, &image, NULL) == 0);
	require(manifest_count(image) <= 2 * manifest_count(layer));
	(void)manifest_is_bare(layer);
}

static void read_manifest(const uint8_t *data, size_t size)
{
	/* The copy is aligned as by malloc, and has exactly this length. */
	OWNED(free_owned) void *bytes = malloc(size);
	OWNED(manifest_owned) struct manifest *m = NULL;
	const struct identity nobody = {.ino = UINT64_MAX, .size = 1};
	const uint8_t no_digest[DIGEST_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct err e = {0};
	struct entry entry;

	require(bytes != NULL);
	memcpy(bytes, data, size);
	merge_layers(bytes, size);
	if (manifest_parse(bytes, size, &m, &e) < 0) {
		require(e.code && *e.text && !m);
		return;
	}
	for (size_t i = 0; i < manifest_count(m); i++) {
		manifest_entry(m, i, &entry);
		require_sound(m, &entry);
	}
	(void)manifest_find_path(m, "/bin/sh", 7, &entry);
	(void)manifest_find_digest(m, no_digest, &entry);
	(void)manifest_find_identity(m, &nobody, &entry);
}

/* Few values for each, so that they collide. */
static struct entry entry_of(const uint8_t *at, size_t path_len,
			     char path[PATH_LEN])
{
	memcpy(path, at + TRAITS, path_len);
	path[path_len] = '\0';
	return (struct entry){
		.path = path,
		.path_len = path_len,
		.interpreter = at[0] & 1 ? "/bin/sh" : "",
		.kind = (enum file_kind)(at[0] >> 1 & 3),
		.racy = at[0] & 8,
		.digest = {[0] = at[1], [DIGEST_SIZE - 1] = at[2]},
		.identity = {.ino = at[3], .ctime_ns = at[4]},
	};
}

/* Call with each entry of data: its traits, then its path. */
static size_t each(const uint8_t *data, size_t size,
		   void (*call)(void *context, const struct entry *entry),
		   void *context)
{
	size_t count = 0;

	while (size >= TRAITS) {
		size_t path_len = data[5] % PATH_LEN;
		char path[PATH_LEN];
		struct entry entry;

		if (path_len > size - TRAITS)
			break;
		entry = entry_of(data, path_len, path);
		call(context, &entry);
		data += TRAITS + path_len;
		size -= TRAITS + path_len;
		count++;
	}
	return count;
}

static void add(void *context, const struct entry *entry)
{
	require(manifest_builder_add(context, entry, NULL) == 0);
}

static void require_found(void *context, const struct entry *entry)
{
	const struct manifest *m = context;
	struct entry found;

	require(manifest_find_path(m, entry->path, entry->path_len, &found));
	require(manifest_find_digest(m, entry->digest, &found));
	require(manifest_find_identity(m, &entry->identity, &found));
	require_sound(m, entry);
}

static void make_manifest(const uint8_t *data, size_t size)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *m = NULL;
	size_t count = each(data, size, add, builder);

	require(manifest_builder_write(builder, &bytes, NULL) == 0);
	require(manifest_parse(bytes.data, bytes.len, &m, NULL) == 0);
	require(manifest_count(m) == count);
	(void)each(data, size, require_found, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 7 && memcmp(data, "runmoor", 7) == 0)
		read_manifest(data, size);
	else
		make_manifest(data, size);
	return 0;
}
