#include "survey.h"

#include "clock.h"
#include "file.h"
#include "glob.h"
#include "layer.h"
#include "rootfs.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	MANIFEST_BYTES_MAX = 1 << 30,
	UNREADABLE_LISTED = 16,
	PROGRESS_AFTER_MS = 1000,
	PROGRESS_EVERY_MS = 200,
	/* A file that changed this shortly before it was hashed may change
	 * again within the same tick of its clock ("racily clean"): longer
	 * than a tick of the slowest kernel, CONFIG_HZ=100. */
	RACY_NS = 50 * 1000 * 1000,
};

struct walk {
	const struct survey *survey;
	int64_t started_ms;
	int64_t shown_ms;
	int64_t racy_ns; /* a later ctime is too fresh */
	bool terminal;
};

static void say_of_layer(const struct survey *survey, struct entry *entry)
{
	struct identity *id = &entry->identity;

	id->dev = survey->device;
	if (id->size || !survey->alike)
		return;
	*id = (struct identity){.mode = id->mode};
	entry->racy = false;
}

static int on_found(void *context, const struct rootfs_file *file,
		    struct err *e)
{
	struct walk *walk = context;
	struct buffer path = BUFFER_INIT;
	struct entry entry = {
		.interpreter = file->interpreter,
		.kind = file->kind,
		.identity = file->identity,
		.racy = file->identity.ctime_ns > walk->racy_ns,
	};
	int rc;

	buffer_append(&path, walk->survey->prefix,
		      strlen(walk->survey->prefix));
	buffer_append(&path, file->path, file->path_len);
	if (buffer_failed(&path))
		return err_set(e, ENOMEM, "collect the manifest");
	entry.path = path.data;
	entry.path_len = path.len;
	memcpy(entry.digest, file->digest, DIGEST_SIZE);
	if (walk->survey->layer)
		say_of_layer(walk->survey, &entry);
	rc = manifest_builder_add(walk->survey->builder, &entry, e);
	buffer_clear(&path);
	walk->survey->counts->files++;
	walk->survey->counts->bytes += file->hashed;
	return rc;
}

static void on_unreadable(void *context, const char *path, int error)
{
	struct walk *walk = context;
	struct survey_counts *c = walk->survey->counts;

	(void)error;
	c->unreadable_count++;
	if (!c->unreadable)
		c->unreadable = json_new_array();
	if (c->unreadable && json_count(c->unreadable) < UNREADABLE_LISTED)
		(void)!json_append(c->unreadable,
				   json_new_string(*path ? path : "/"));
}

/* Progress of long work is shown on a terminal only. */
static void on_progress(void *context, uint64_t files, uint64_t bytes)
{
	struct walk *walk = context;
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (!walk->terminal || now - walk->started_ms < PROGRESS_AFTER_MS ||
	    now - walk->shown_ms < PROGRESS_EVERY_MS)
		return;
	walk->shown_ms = now;
	(void)fprintf(stderr,
		      "\rrunmoor: sealing the image: %llu executables, "
		      "%llu MiB ",
		      (unsigned long long)files,
		      (unsigned long long)(bytes >> 20));
}

static int on_name(void *context, const char *path, size_t len,
		   enum file_kind kind, struct err *e)
{
	const struct survey *survey = context;
	const struct entry entry = {
		.path = path, .path_len = len, .interpreter = "", .kind = kind};

	return manifest_builder_add(survey->builder, &entry, e);
}

static bool on_unmarked(void *context, const char *path)
{
	const struct walk *walk = context;

	for (size_t i = 0; i < walk->survey->also_count; i++)
		if (glob_matches(walk->survey->also[i], path))
			return true;
	return false;
}

void survey_counts_clear(struct survey_counts *counts)
{
	json_free(counts->unreadable);
	*counts = (struct survey_counts){0};
}

int survey_folder(const struct survey *survey, int root, struct err *e)
{
	struct walk walk = {
		.survey = survey,
		.started_ms = clock_ms(CLOCK_MONOTONIC),
		.racy_ns = clock_ns(CLOCK_REALTIME) - RACY_NS,
		.terminal = isatty(STDERR_FILENO),
	};
	const struct rootfs_walk how = {
		.root = root,
		.since_ns = survey->since_ns,
		.texts = survey->texts,
		.layer = survey->layer,
		.wanted = survey->also_count ? on_unmarked : NULL,
		.one_mount = survey->one_mount,
		.except = survey->except,
		.except_count = survey->except_count,
		.limit = survey->limit,
		.context = &walk,
		.found = on_found,
		.unreadable = on_unreadable,
		.progress = on_progress,
	};
	int rc = rootfs_walk(&how, e);

	if (walk.shown_ms)
		(void)fprintf(stderr, "\r\033[K");
	if (rc == 0 && survey->layer) {
		struct survey names = *survey;

		rc = layer_each(survey->layer, on_name, &names, e);
	}
	return rc;
}

int survey_file(const struct survey *survey, int file, struct err *e)
{
	struct walk walk = {.survey = survey, .racy_ns = INT64_MAX};
	const struct rootfs_walk how = {
		.root = file,
		.except = survey->except,
		.except_count = survey->except_count,
		.limit = survey->limit,
		.context = &walk,
		.found = on_found,
		.unreadable = on_unreadable,
	};

	return rootfs_file(&how, survey->prefix, e);
}

int survey_publish(struct manifest_builder *builder, const char *path,
		   struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc = manifest_builder_write(builder, &bytes, e);

	if (rc == 0)
		rc = file_publish_first(path, bytes.data, bytes.len, 0400, e);
	buffer_clear(&bytes);
	return rc;
}

int survey_read(const char *path, struct buffer *bytes, struct manifest **ret,
		char **ret_hex, struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];

	if (file_read(AT_FDCWD, path, MANIFEST_BYTES_MAX, bytes, e) < 0)
		return -1;
	if (manifest_parse(bytes->data, bytes->len, ret, e) < 0)
		return err_wrap(e,
				"%s: remove it to have the image sealed again",
				path);
	if (sha256_bytes(bytes->data, bytes->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, hex);
	*ret_hex = strdup(hex);
	return *ret_hex ? 0 : err_set(e, ENOMEM, "read %s", path);
}
