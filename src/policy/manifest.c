#include "manifest.h"

#include <errno.h>
#include <string.h>

/*
 * Layout: header, records sorted by path, inode table, digest table, text.
 * A table slot holds a record's index + 1, 0 is empty; a table has a power of
 * two of slots and is at most half full.
 */
static const char magic[8] = {'r', 'u', 'n', 'm', 'o', 'o', 'r', '\2'};

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

struct manifest {
	const struct record *records;
	const uint32_t *by_ino;
	const uint32_t *by_digest;
	const char *text;
	uint32_t count;
	uint32_t mask;
	uint64_t largest;
};

struct manifest_builder {
	struct buffer records;
	struct buffer text;
	uint32_t count;
};

static uint32_t hash_ino(uint64_t ino)
{
	return (uint32_t)((ino * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static uint32_t hash_digest(const uint8_t digest[DIGEST_SIZE])
{
	uint32_t value;

	memcpy(&value, digest, sizeof(value));
	return value;
}

struct manifest_builder *manifest_builder_new(void)
{
	return calloc(1, sizeof(struct manifest_builder));
}

void manifest_builder_free(struct manifest_builder *builder)
{
	if (!builder)
		return;
	buffer_clear(&builder->records);
	buffer_clear(&builder->text);
	free(builder);
}

void manifest_builder_owned(struct manifest_builder **builder)
{
	manifest_builder_free(*builder);
	*builder = NULL;
}

static uint32_t builder_text(struct manifest_builder *builder, const char *text,
			     size_t len)
{
	uint32_t at = (uint32_t)builder->text.len;

	buffer_append(&builder->text, text, len);
	buffer_append(&builder->text, "", 1);
	return at;
}

int manifest_builder_add(struct manifest_builder *builder,
			 const struct entry *entry, struct err *e)
{
	const struct identity *id = &entry->identity;
	struct record record = {
		.path_len = (uint32_t)entry->path_len,
		.kind = (uint16_t)entry->kind,
		.racy = entry->racy,
		.mode = id->mode,
		.uid = id->uid,
		.gid = id->gid,
		.nlink = id->nlink,
		.dev = id->dev,
		.ino = id->ino,
		.size = id->size,
		.mtime_ns = id->mtime_ns,
		.ctime_ns = id->ctime_ns,
	};

	if (builder->count == MANIFEST_ENTRIES_MAX ||
	    builder->text.len + entry->path_len > UINT32_MAX / 2)
		return err_set(e, E2BIG,
			       "the image has more executables than a "
			       "manifest holds");
	record.path = builder_text(builder, entry->path, entry->path_len);
	record.interpreter = builder_text(builder, entry->interpreter,
					  strlen(entry->interpreter));
	memcpy(record.digest, entry->digest, DIGEST_SIZE);
	buffer_append(&builder->records, &record, sizeof(record));
	if (buffer_failed(&builder->records) || buffer_failed(&builder->text))
		return err_set(e, ENOMEM, "collect the manifest");
	builder->count++;
	return 0;
}

static int compare_text(const char *a, size_t a_len, const char *b,
			size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

static int compare_records(const void *a, const void *b, void *text)
{
	const struct record *left = a;
	const struct record *right = b;
	const char *names = text;

	return compare_text(names + left->path, left->path_len,
			    names + right->path, right->path_len);
}

static void table_put(uint32_t *table, uint32_t mask, uint32_t hash,
		      uint32_t index)
{
	uint32_t slot = hash & mask;

	while (table[slot])
		slot = (slot + 1) & mask;
	table[slot] = index + 1;
}

int manifest_builder_write(struct manifest_builder *builder, struct buffer *out,
			   struct err *e)
{
	struct header header = {.count = builder->count, .slots = 2};
	OWNED(free_owned) uint32_t *by_ino = NULL;
	OWNED(free_owned) uint32_t *by_digest = NULL;
	struct record *records = (void *)builder->records.data;

	memcpy(header.magic, magic, sizeof(magic));
	header.text_len = builder->text.len;
	while (header.slots < 2 * builder->count)
		header.slots *= 2;
	by_ino = calloc(header.slots, sizeof(*by_ino));
	by_digest = calloc(header.slots, sizeof(*by_digest));
	if (!by_ino || !by_digest)
		return err_set(e, ENOMEM, "write the manifest");
	if (builder->count)
		qsort_r(records, builder->count, sizeof(*records),
			compare_records, builder->text.data);
	for (uint32_t i = 0; i < builder->count; i++) {
		table_put(by_ino, header.slots - 1, hash_ino(records[i].ino),
			  i);
		table_put(by_digest, header.slots - 1,
			  hash_digest(records[i].digest), i);
	}
	buffer_append(out, &header, sizeof(header));
	buffer_append(out, builder->records.data, builder->records.len);
	buffer_append(out, by_ino, header.slots * sizeof(*by_ino));
	buffer_append(out, by_digest, header.slots * sizeof(*by_digest));
	buffer_append(out, builder->text.data, builder->text.len);
	if (buffer_failed(out))
		return err_set(e, ENOMEM, "write the manifest");
	return 0;
}

static bool table_sound(const uint32_t *table, uint32_t slots, uint32_t count)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < slots; i++) {
		if (table[i] > count)
			return false;
		used += table[i] != 0;
	}
	return used == count;
}

static bool record_sound(const struct record *record, const char *text,
			 uint64_t text_len)
{
	return (uint64_t)record->path + record->path_len < text_len &&
	       text[record->path + record->path_len] == '\0' &&
	       record->interpreter < text_len && record->kind <= KIND_TEXT;
}

int manifest_parse(const void *bytes, size_t len,
		   struct manifest **ret_manifest, struct err *e)
{
	const struct header *header = bytes;
	const struct record *records;
	const uint32_t *by_ino;
	const char *text;
	struct manifest *m;
	uint64_t need;

	if (len < sizeof(*header) ||
	    memcmp(header->magic, magic, sizeof(magic)) != 0)
		return err_set(e, 0, "not a manifest of this version");
	if (header->count > MANIFEST_ENTRIES_MAX || header->slots < 2 ||
	    header->slots > 4 * (uint64_t)MANIFEST_ENTRIES_MAX ||
	    (header->slots & (header->slots - 1)) ||
	    header->slots < 2 * header->count || header->text_len > len)
		return err_set(e, 0, "the manifest's header is damaged");
	need = sizeof(*header) + header->count * sizeof(*records) +
	       2 * (uint64_t)header->slots * sizeof(uint32_t) +
	       header->text_len;
	if (need != len)
		return err_set(e, 0, "the manifest is cut short or damaged");
	records = (const void *)(header + 1);
	by_ino = (const void *)(records + header->count);
	text = (const char *)(by_ino + 2 * (size_t)header->slots);
	if (header->text_len && text[header->text_len - 1] != '\0')
		return err_set(e, 0, "the manifest's names are damaged");
	for (uint32_t i = 0; i < header->count; i++)
		if (!record_sound(&records[i], text, header->text_len))
			return err_set(e, 0, "manifest entry %u is damaged", i);
	if (!table_sound(by_ino, header->slots, header->count) ||
	    !table_sound(by_ino + header->slots, header->slots, header->count))
		return err_set(e, 0, "the manifest's tables are damaged");
	m = calloc(1, sizeof(*m));
	if (!m)
		return err_set(e, ENOMEM, "read the manifest");
	m->records = records;
	m->by_ino = by_ino;
	m->by_digest = by_ino + header->slots;
	m->text = text;
	m->count = header->count;
	m->mask = header->slots - 1;
	for (uint32_t i = 0; i < m->count; i++)
		if (records[i].size > m->largest)
			m->largest = records[i].size;
	*ret_manifest = m;
	return 0;
}

void manifest_free(struct manifest *manifest)
{
	free(manifest);
}

void manifest_owned(struct manifest **manifest)
{
	manifest_free(*manifest);
	*manifest = NULL;
}

uint64_t manifest_largest(const struct manifest *manifest)
{
	return manifest->largest;
}

size_t manifest_count(const struct manifest *manifest)
{
	return manifest->count;
}

void manifest_entry(const struct manifest *manifest, size_t index,
		    struct entry *ret)
{
	const struct record *r = &manifest->records[index];

	*ret = (struct entry){
		.path = manifest->text + r->path,
		.path_len = r->path_len,
		.interpreter = manifest->text + r->interpreter,
		.kind = (enum file_kind)r->kind,
		.racy = r->racy != 0,
		.identity = {.dev = r->dev,
			     .ino = r->ino,
			     .size = r->size,
			     .mtime_ns = r->mtime_ns,
			     .ctime_ns = r->ctime_ns,
			     .mode = r->mode,
			     .uid = r->uid,
			     .gid = r->gid,
			     .nlink = r->nlink},
	};
	memcpy(ret->digest, r->digest, DIGEST_SIZE);
}

bool manifest_find_path(const struct manifest *manifest, const char *path,
			size_t len, struct entry *ret)
{
	size_t low = 0;
	size_t high = manifest->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct record *r = &manifest->records[middle];
		int order = compare_text(path, len, manifest->text + r->path,
					 r->path_len);

		if (order == 0) {
			manifest_entry(manifest, middle, ret);
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

bool manifest_find_digest(const struct manifest *manifest,
			  const uint8_t digest[DIGEST_SIZE], struct entry *ret)
{
	uint32_t slot = hash_digest(digest) & manifest->mask;

	for (; manifest->by_digest[slot]; slot = (slot + 1) & manifest->mask) {
		uint32_t index = manifest->by_digest[slot] - 1;

		if (memcmp(manifest->records[index].digest, digest,
			   DIGEST_SIZE) != 0)
			continue;
		manifest_entry(manifest, index, ret);
		return true;
	}
	return false;
}

bool manifest_has_member(const struct manifest *manifest,
			 const uint8_t digest[DIGEST_SIZE])
{
	uint32_t slot = hash_digest(digest) & manifest->mask;

	for (; manifest->by_digest[slot]; slot = (slot + 1) & manifest->mask) {
		const struct record *r =
			&manifest->records[manifest->by_digest[slot] - 1];

		if (r->kind == KIND_MEMBER &&
		    memcmp(r->digest, digest, DIGEST_SIZE) == 0)
			return true;
	}
	return false;
}

bool manifest_find_identity(const struct manifest *manifest,
			    const struct identity *identity, struct entry *ret)
{
	uint32_t slot = hash_ino(identity->ino) & manifest->mask;

	for (; manifest->by_ino[slot]; slot = (slot + 1) & manifest->mask) {
		uint32_t index = manifest->by_ino[slot] - 1;
		const struct record *r = &manifest->records[index];

		if (r->ino != identity->ino || r->size != identity->size ||
		    r->mtime_ns != identity->mtime_ns ||
		    r->ctime_ns != identity->ctime_ns)
			continue;
		manifest_entry(manifest, index, ret);
		return true;
	}
	return false;
}
