#include "manifest_internal.h"

#include <errno.h>

struct manifest_builder {
	struct buffer records;
	struct buffer text;
	uint32_t count;
};

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

/* The order is that of paths; an entry comes before the entries that it
 * hides. */
static int compare_records(const void *a, const void *b, void *text)
{
	const struct record *left = a;
	const struct record *right = b;
	const char *names = text;
	int order = manifest_compare(names + left->path, left->path_len,
				     names + right->path, right->path_len);

	return order ? order
		     : (left->kind > right->kind) - (left->kind < right->kind);
}

/* An entry also hides everything below its file: a second entry for that isn't
 * needed. */
static void drop_needless(struct manifest_builder *builder)
{
	struct record *records = (void *)builder->records.data;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < builder->count; i++)
		if (kept == 0 || records[i].kind != KIND_HIDING ||
		    manifest_compare(builder->text.data + records[i].path,
				     records[i].path_len,
				     builder->text.data +
					     records[kept - 1].path,
				     records[kept - 1].path_len) != 0)
			records[kept++] = records[i];
	builder->count = kept;
	builder->records.len = kept * sizeof(*records);
}

/* The text in the order of the records, whichever it was collected in. */
static int sort_text(struct manifest_builder *builder, struct err *e)
{
	struct record *records = (void *)builder->records.data;
	struct manifest_builder sorted = {0};

	for (uint32_t i = 0; i < builder->count; i++) {
		const char *interpreter =
			builder->text.data + records[i].interpreter;

		records[i].path = builder_text(
			&sorted, builder->text.data + records[i].path,
			records[i].path_len);
		/* Most records have none: the NUL of the path serves as "". */
		records[i].interpreter =
			*interpreter ? builder_text(&sorted, interpreter,
						    strlen(interpreter))
				     : (uint32_t)sorted.text.len - 1;
	}
	buffer_clear(&builder->text);
	builder->text = sorted.text;
	return buffer_failed(&builder->text)
		       ? err_set(e, ENOMEM, "write the manifest")
		       : 0;
}

static int sort(struct manifest_builder *builder, struct err *e)
{
	if (builder->count == 0)
		return 0;
	qsort_r(builder->records.data, builder->count, sizeof(struct record),
		compare_records, builder->text.data);
	drop_needless(builder);
	return sort_text(builder, e);
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
	static const char magic[] = MANIFEST_MAGIC;
	struct header header = {.slots = 2};
	OWNED(free_owned) uint32_t *by_ino = NULL;
	OWNED(free_owned) uint32_t *by_digest = NULL;
	const struct record *records = (const void *)builder->records.data;

	if (sort(builder, e) < 0)
		return -1;
	header.count = builder->count;
	memcpy(header.magic, magic, sizeof(magic));
	header.text_len = builder->text.len;
	while (header.slots < 2 * builder->count)
		header.slots *= 2;
	by_ino = calloc(header.slots, sizeof(*by_ino));
	by_digest = calloc(header.slots, sizeof(*by_digest));
	if (!by_ino || !by_digest)
		return err_set(e, ENOMEM, "write the manifest");
	for (uint32_t i = 0; i < builder->count; i++) {
		table_put(by_ino, header.slots - 1,
			  manifest_hash_ino(records[i].ino), i);
		table_put(by_digest, header.slots - 1,
			  manifest_hash_digest(records[i].digest), i);
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
