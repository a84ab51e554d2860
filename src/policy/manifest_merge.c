#include "manifest_merge.h"

#include <errno.h>
#include <string.h>

/* The effect of the layers above at a path. */
enum {
	ABOVE_HIDES = 1,  /* neither this nor anything below it is seen */
	ABOVE_FOLDER = 2, /* a file of this very path isn't */
};

struct above {
	const char *path; /* borrowed of a layer */
	size_t len;
	unsigned marks;
};

struct merge {
	struct above *table; /* open addressing, at most half full */
	size_t mask;
};

/* FNV-1a. */
static size_t hash(const char *path, size_t len)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		value = (value ^ (unsigned char)path[i]) *
			UINT64_C(0x100000001b3);
	return (size_t)(value ^ value >> 32);
}

/* The slot of path, or the empty one where it belongs. */
static struct above *slot_of(const struct merge *merge, const char *path,
			     size_t len)
{
	size_t at = hash(path, len) & merge->mask;

	while (merge->table[at].path &&
	       (merge->table[at].len != len ||
		memcmp(merge->table[at].path, path, len) != 0))
		at = (at + 1) & merge->mask;
	return &merge->table[at];
}

static unsigned marks_of(const struct merge *merge, const char *path,
			 size_t len)
{
	return slot_of(merge, path, len)->marks;
}

static void mark(const struct merge *merge, const struct entry *entry,
		 unsigned marks)
{
	struct above *slot = slot_of(merge, entry->path, entry->path_len);

	slot->path = entry->path;
	slot->len = entry->path_len;
	slot->marks |= marks;
}

/* "/a.jar!/b.so" is in /a.jar, and visible if that is. */
static bool ends_archive(const struct entry *entry, size_t slash)
{
	return entry->kind == KIND_MEMBER && slash > 1 &&
	       entry->path[slash - 1] == '!';
}

static bool is_hidden(const struct merge *merge, const struct entry *entry)
{
	for (size_t i = 1; i < entry->path_len; i++) {
		if (entry->path[i] != '/')
			continue;
		if (marks_of(merge, entry->path, i) & ABOVE_HIDES)
			return true;
		if (ends_archive(entry, i) &&
		    marks_of(merge, entry->path, i - 1))
			return true;
	}
	return marks_of(merge, entry->path, entry->path_len) != 0;
}

static int add_seen(const struct merge *merge, const struct manifest *layer,
		    struct manifest_builder *builder, struct err *e)
{
	for (size_t i = 0; i < manifest_count(layer); i++) {
		struct entry entry;

		manifest_entry(layer, i, &entry);
		if (entry.kind <= KIND_TEXT && !is_hidden(merge, &entry) &&
		    manifest_builder_add(builder, &entry, e) < 0)
			return -1;
	}
	return 0;
}

/* Mark every entry that hides something in the layers below. A member of an
 * archive is no name of a layer. */
static void mark_all(const struct merge *merge, const struct manifest *layer)
{
	for (size_t i = 0; i < manifest_count(layer); i++) {
		struct entry entry;

		manifest_entry(layer, i, &entry);
		if (entry.kind != KIND_MEMBER)
			mark(merge, &entry,
			     entry.kind == KIND_FOLDER ? ABOVE_FOLDER
						       : ABOVE_HIDES);
	}
}

int manifest_merge(const struct manifest *const *layers, size_t count,
		   struct manifest_builder *builder, struct err *e)
{
	OWNED(free_owned) struct above *table = NULL;
	struct merge merge = {0};
	size_t names = 1;
	size_t slots = 2;

	for (size_t i = 0; i < count; i++)
		names += manifest_count(layers[i]);
	while (slots < 2 * names)
		slots *= 2;
	table = calloc(slots, sizeof(*table));
	if (!table)
		return err_set(e, ENOMEM, "merge the layers");
	merge.table = table;
	merge.mask = slots - 1;
	for (size_t i = 0; i < count; i++) {
		if (add_seen(&merge, layers[i], builder, e) < 0)
			return -1;
		mark_all(&merge, layers[i]);
	}
	return 0;
}

/* moby makes these files as mount points: daemon/initlayer/setup_unix.go. */
static bool is_mounted_on(const struct entry *entry)
{
	static const char *const paths[] = {"/.dockerenv", "/dev/console",
					    "/etc/hostname", "/etc/hosts",
					    "/etc/resolv.conf"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (strlen(paths[i]) == entry->path_len &&
		    memcmp(paths[i], entry->path, entry->path_len) == 0)
			return entry->identity.size == 0;
	return false;
}

bool manifest_is_bare(const struct manifest *layer)
{
	for (size_t i = 0; i < manifest_count(layer); i++) {
		struct entry entry;

		manifest_entry(layer, i, &entry);
		if (entry.kind <= KIND_TEXT && !is_mounted_on(&entry))
			return false;
	}
	return true;
}
