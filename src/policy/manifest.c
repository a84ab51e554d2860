#include "manifest_internal.h"

#include <errno.h>

struct manifest {
	const struct record *records;
	const uint32_t *by_ino;
	const uint32_t *by_digest;
	const char *text;
	uint32_t count;
	uint32_t mask;
	uint64_t largest;
};

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

static bool record_sound(const struct record *record, enum file_kind last,
			 const char *text, uint64_t text_len)
{
	return (uint64_t)record->path + record->path_len < text_len &&
	       text[record->path + record->path_len] == '\0' &&
	       record->interpreter < text_len && record->kind <= last;
}

static int parse(const void *bytes, size_t len, enum file_kind last,
		 struct manifest **ret_manifest, struct err *e)
{
	static const char magic[] = MANIFEST_MAGIC;
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
		if (!record_sound(&records[i], last, text, header->text_len))
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

int manifest_parse(const void *bytes, size_t len,
		   struct manifest **ret_manifest, struct err *e)
{
	return parse(bytes, len, KIND_TEXT, ret_manifest, e);
}

int manifest_parse_layer(const void *bytes, size_t len,
			 struct manifest **ret_manifest, struct err *e)
{
	return parse(bytes, len, KIND_OPAQUE, ret_manifest, e);
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
		int order = manifest_compare(
			path, len, manifest->text + r->path, r->path_len);

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
	uint32_t slot = manifest_hash_digest(digest) & manifest->mask;

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
	uint32_t slot = manifest_hash_digest(digest) & manifest->mask;

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
	uint32_t slot = manifest_hash_ino(identity->ino) & manifest->mask;

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
