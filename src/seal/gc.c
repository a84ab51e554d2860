#include "gc.h"

#include "cache_internal.h"
#include "file.h"
#include "place_internal.h"
#include "seals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = 4 * 1024 * 1024, KEY = DIGEST_HEX - 1 };

/* A file of the cache. */
struct item {
	char key[DIGEST_HEX];
	enum cache_kind kind;
	uint64_t bytes;
	struct timespec used;
	bool needed;
	bool removed;
};

struct gc {
	const char *cache_dir;
	struct item *items; /* sorted by kind and key once all are listed */
	size_t count;
	struct gc_report report;
};

static int compare_items(const void *a, const void *b)
{
	const struct item *left = a;
	const struct item *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return strcmp(left->key, right->key);
}

static struct item *find(const struct gc *gc, enum cache_kind kind,
			 const char *key)
{
	struct item wanted = {.kind = kind};

	memcpy(wanted.key, key, KEY);
	return gc->count ? bsearch(&wanted, gc->items, gc->count,
				   sizeof(*gc->items), compare_items)
			 : NULL;
}

/* Drop an item, unless it is in use: its user holds it. */
static void drop(struct gc *gc, struct item *item)
{
	OWNED(free_owned)
	char *path = cache_path(gc->cache_dir, item->kind, item->key);

	if (!path || item->removed || !cache_remove(path))
		return;
	item->removed = true;
	gc->report.removed++;
	gc->report.removed_bytes += item->bytes;
	gc->report.kept_bytes -= item->bytes;
}

static int add_item(struct gc *gc, enum cache_kind kind, const char *name,
		    const struct stat *st)
{
	struct item *more =
		reallocarray(gc->items, gc->count + 1, sizeof(*gc->items));

	if (!more)
		return -1;
	gc->items = more;
	more += gc->count++;
	*more = (struct item){.kind = kind,
			      .bytes = (uint64_t)st->st_size,
			      .used = st->st_mtim};
	memcpy(more->key, name, KEY);
	return 0;
}

static bool is_of(enum cache_kind kind, const char *name)
{
	return strspn(name, "0123456789abcdef") == KEY &&
	       strcmp(name + KEY, cache_ending(kind)) == 0;
}

/* True for a temporary file that never got its name: no process adds files now.
 */
static bool is_left_over(const char *name)
{
	return strspn(name, "0123456789abcdef") == KEY;
}

static bool is_known(const char *folder, const char *name)
{
	for (int kind = 0; kind < CACHE_KINDS; kind++)
		if (strcmp(folder, cache_folder((enum cache_kind)kind)) == 0 &&
		    is_of((enum cache_kind)kind, name))
			return true;
	return false;
}

static int list_entry(struct gc *gc, enum cache_kind kind, int dir,
		      const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (is_of(kind, name)) {
		gc->report.kept_bytes += (uint64_t)st.st_size;
		return add_item(gc, kind, name, &st);
	}
	if (is_left_over(name) && !is_known(cache_folder(kind), name))
		(void)unlinkat(dir, name, 0);
	return 0;
}

/* NULL: there is none. */
static DIR *open_folder(const char *cache_dir, const char *name)
{
	OWNED(free_owned) char *path = file_in(cache_dir, name);

	if (!path)
		return NULL;
	return opendir(path);
}

static int list(struct gc *gc, enum cache_kind kind)
{
	DIR *dir = open_folder(gc->cache_dir, cache_folder(kind));
	const struct dirent *entry;
	int rc = 0;

	while (dir && rc == 0 && (entry = readdir(dir)))
		rc = list_entry(gc, kind, dirfd(dir), entry->d_name);
	if (dir)
		(void)closedir(dir);
	return rc;
}

static void need(const struct gc *gc, enum cache_kind kind, const char *line,
		 const char *word)
{
	struct item *item;

	if (strncmp(line, word, strlen(word)) != 0 ||
	    strlen(line) < strlen(word) + KEY)
		return;
	item = find(gc, kind, line + strlen(word));
	if (item)
		item->needed = true;
}

/* A chain's manifest is needed as long as each of its layers exists. */
static void follow_chain(struct gc *gc, struct item *chain)
{
	OWNED(free_owned)
	char *path = cache_path(gc->cache_dir, CACHE_CHAIN, chain->key);
	struct buffer text = BUFFER_INIT;
	char *rest = NULL;

	if (!path || file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL) < 0 ||
	    !text.data || place_is_gone(text.data)) {
		drop(gc, chain);
		buffer_clear(&text);
		return;
	}
	for (char *line = strtok_r(text.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		need(gc, CACHE_MANIFEST, line, "manifest ");
		need(gc, CACHE_LAYER, line, "layer ");
	}
	buffer_clear(&text);
}

/* The first seal of a root is removed only after its folder is. */
static void follow_root(struct gc *gc, struct item *root)
{
	OWNED(free_owned)
	char *path = cache_path(gc->cache_dir, CACHE_PLACE, root->key);
	struct item *place = find(gc, CACHE_PLACE, root->key);
	struct buffer text = BUFFER_INIT;

	root->needed = !path ||
		       file_read(AT_FDCWD, path, TEXT_MAX, &text, NULL) < 0 ||
		       !text.data || !place_is_gone(text.data);
	if (place)
		place->needed = root->needed;
	buffer_clear(&text);
}

static void drop_needless(struct gc *gc)
{
	for (size_t i = 0; i < gc->count; i++) {
		struct item *item = &gc->items[i];

		if (item->kind == CACHE_CHAIN)
			follow_chain(gc, item);
		else if (item->kind == CACHE_ROOT)
			follow_root(gc, item);
	}
	for (size_t i = 0; i < gc->count; i++) {
		struct item *item = &gc->items[i];

		if (item->kind != CACHE_CHAIN && !item->needed)
			drop(gc, item);
	}
}

/* Items that can be made anew come first, least lately used before others. */
static int compare_use(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a;
	const struct item *right = *(struct item *const *)b;

	if (left->used.tv_sec != right->used.tv_sec)
		return left->used.tv_sec < right->used.tv_sec ? -1 : 1;
	return (left->used.tv_nsec > right->used.tv_nsec) -
	       (left->used.tv_nsec < right->used.tv_nsec);
}

static int drop_oldest(struct gc *gc, uint64_t limit)
{
	OWNED(free_owned)
	struct item **oldest =
		calloc(gc->count ? gc->count : 1, sizeof(struct item *));
	size_t count = 0;

	if (!oldest)
		return -1;
	for (size_t i = 0; i < gc->count; i++)
		if (!gc->items[i].removed &&
		    (gc->items[i].kind == CACHE_MANIFEST ||
		     gc->items[i].kind == CACHE_LAYER))
			oldest[count++] = &gc->items[i];
	qsort(oldest, count, sizeof(struct item *), compare_use);
	for (size_t i = 0; i < count && gc->report.kept_bytes > limit; i++)
		drop(gc, oldest[i]);
	return 0;
}

static int collect(struct gc *gc, uint64_t limit)
{
	struct seals_swept swept;

	for (int kind = 0; kind < CACHE_KINDS; kind++)
		if (list(gc, (enum cache_kind)kind) < 0)
			return -1;
	if (gc->count)
		qsort(gc->items, gc->count, sizeof(*gc->items), compare_items);
	swept = seals_sweep(gc->cache_dir);
	gc->report.removed += swept.files;
	gc->report.removed_bytes += swept.bytes;
	gc->report.removed_seals = swept.seals;
	gc->report.kept_bytes += seals_bytes(gc->cache_dir);
	drop_needless(gc);
	return drop_oldest(gc, limit);
}

int gc_run(const struct config *config, struct gc_report *ret, struct err *e)
{
	struct gc gc = {.cache_dir = config->cache_dir};
	OWNED(close_owned) int lock = -1;
	int rc;

	if (cache_lock(config->cache_dir, true, &lock, e) < 0)
		return -1;
	rc = collect(&gc, config->cache_limit);
	free(gc.items);
	*ret = gc.report;
	return rc < 0 ? err_set(e, ENOMEM, "look through the cache") : 0;
}

void gc_by_itself(const struct config *config)
{
	struct gc_report report;

	(void)!gc_run(config, &report, NULL);
}
