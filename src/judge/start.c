#include "start.h"

#include "arrivals_internal.h"
#include "location.h"
#include "mountinfo.h"
#include "sha256.h"
#include "stat.h"
#include "survey.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

enum {
	MOUNTS_MAX = 4096,
	TABLE_MAX = 16 * 1024 * 1024, /* bytes of mountinfo */
};

/* A mount that the container was started with. */
struct given {
	uint64_t mount; /* stat_mount */
	bool read_only;
	bool specified; /* mounted by the specification, not by a hook */
	bool followed;	/* only the engine writes there, and policy lets it */
	bool roots;	/* a part of the root file system, mounted on itself */
	char *point;
};

struct start {
	const struct container *container;
	pthread_mutex_t lock;
	atomic_bool known;
	struct given given[MOUNTS_MAX];
	size_t count;
	struct arrivals *arrivals; /* those that come later */
	struct buffer bytes;	   /* of the manifest of what hooks added */
	struct manifest *manifest;
	struct added added;
};

bool start_matters(const struct container *container)
{
	const struct config *config = &container->config;
	bool rules = false;

	for (size_t i = 0; i < config->allow_count; i++)
		rules = rules || config->allow[i].mount ||
			config->allow[i].path || config->allow[i].process;
	return rules || container->hooks_added || container->volumes_followed ||
	       (config->match == MATCH_PATH &&
		(container->manifests[SEALED_VOLUMES].path ||
		 container->manifests[SEALED_WRITABLE].path)) ||
	       config->volumes_writable == VOLUME_TRUST ||
	       config->volumes_read_only == VOLUME_TRUST;
}

struct start *start_new(const struct container *container)
{
	struct start *start = calloc(1, sizeof(*start));

	if (!start)
		return NULL;
	start->arrivals = arrivals_new(container->overlay && container->upper
					       ? container->upper
					       : container->rootfs);
	if (!start->arrivals) {
		free(start);
		return NULL;
	}
	start->container = container;
	(void)pthread_mutex_init(&start->lock, NULL);
	atomic_init(&start->known, false);
	return start;
}

bool start_known(const struct start *start)
{
	return atomic_load_explicit(&start->known, memory_order_acquire);
}

/* Its index; count if there is none. */
static size_t find(const struct start *start, uint64_t mount)
{
	size_t i = 0;

	while (i < start->count && (!mount || start->given[i].mount != mount))
		i++;
	return i;
}

const char *start_mount_point(const struct start *start, uint64_t mount,
			      bool *ret_read_only)
{
	size_t i;

	*ret_read_only = false;
	if (!start_known(start) || (i = find(start, mount)) == start->count)
		return NULL;
	*ret_read_only = start->given[i].read_only;
	return start->given[i].roots ? NULL : start->given[i].point;
}

const struct arrivals *start_arrivals(const struct start *start)
{
	return start_known(start) ? start->arrivals : NULL;
}

bool start_read_only(const struct start *start, const char *point)
{
	for (size_t i = 0; i < start->count; i++)
		if (strcmp(start->given[i].point, point) == 0)
			return start->given[i].read_only;
	return false;
}

bool start_follows(const struct start *start, uint64_t mount)
{
	size_t i = start_known(start) ? find(start, mount) : start->count;

	return i < start->count && start->given[i].followed;
}

const struct manifest *start_added(const struct start *start)
{
	return start_known(start) ? start->manifest : NULL;
}

static int open_in(int root, const char *path, uint64_t resolve)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | resolve,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static void remember(struct start *start, int root, const char *point,
		     bool roots)
{
	OWNED(close_owned) int fd = open_in(root, point, RESOLVE_NO_SYMLINKS);
	struct given *given = &start->given[start->count];
	struct statvfs fs;

	if (fd < 0 || start->count == MOUNTS_MAX || fstatvfs(fd, &fs) < 0)
		return;
	given->mount = stat_mount(fd);
	given->read_only = fs.f_flag & ST_RDONLY;
	given->specified = false;
	given->followed = false;
	given->roots = roots;
	given->point = strdup(point);
	/* Of two mounts at one place, only the upper one is visible. */
	if (!given->point || find(start, given->mount) < start->count)
		free(given->point);
	else
		start->count++;
}

/* True for a part of the root mounted on itself, as the runtime mounts
 * linux.readonlyPaths. It isn't sealed as a hook's mount: files there may be
 * the container's, from before a restart. */
static bool is_part(const struct mountinfo_line *line,
		    const struct mountinfo_line *root)
{
	return line->device == root->device &&
	       location_is_within(line->root, root->root);
}

static bool read_mounts(struct start *start, pid_t tid, int root)
{
	OWNED(mountinfo_clear) struct mountinfo info = MOUNTINFO_INIT;
	const struct mountinfo_line *whole = NULL;

	while (start->count)
		free(start->given[--start->count].point);
	if (mountinfo_read(tid, TABLE_MAX, &info, NULL) < 0)
		return false;
	for (size_t i = 0; i < info.count; i++) {
		const struct mountinfo_line *line = &info.lines[i];
		const bool is_root = strcmp(line->point, "/") == 0;

		/* The root comes first in the table, before the mounts on it.
		 */
		if (is_root)
			whole = line;
		remember(start, root, line->point,
			 !is_root && whole && is_part(line, whole));
	}
	return start->count > 0;
}

/*
 * Find the specification's mounts by their destinations, as the runtime did,
 * through any links that the container left before a restart. False if one
 * isn't found: then it isn't known which of the others are hooks' mounts.
 */
static bool find_specified(struct start *start, int root)
{
	const struct json *mounts = start->container->mounts;

	for (size_t i = 0; i < json_count(mounts); i++) {
		OWNED(close_owned) int fd = -1;
		const char *destination = "";
		size_t index;

		(void)json_string(json_at(mounts, i), &destination);
		fd = open_in(root, destination, 0);
		if (fd < 0)
			return false;
		index = find(start, stat_mount(fd));
		if (index == start->count)
			return false; /* more mounts than are kept */
		if (strcmp(start->given[index].point, "/") != 0)
			start->given[index].specified = true;
	}
	return true;
}

/* A mount below one of the specification's came with it: a recursive bind
 * brings what was mounted in the folder before. */
static bool is_hooks(const struct start *start, const struct given *given)
{
	if (strcmp(given->point, "/") == 0 || given->roots ||
	    location_is_kernels(given->point))
		return false;
	for (size_t i = 0; i < start->count; i++)
		if (start->given[i].specified &&
		    location_is_within(given->point, start->given[i].point))
			return false;
	return true;
}

/* True for the source of one of the specification's binds. It may be mounted at
 * another place than the specification says, if another container changed a
 * link on the path; so it doesn't count as a hook's mount. */
static bool is_source(const struct start *start, const struct stat *st)
{
	const struct json *sources = start->container->sources;
	const char *source;
	char name[64];

	container_name_source(st, name);
	for (size_t i = 0; i < json_count(sources); i++)
		if (json_string(json_at(sources, i), &source) &&
		    strcmp(source, name) == 0)
			return true;
	return false;
}

static void seal_mount(const struct start *start, int root, const char *point,
		       const struct survey *survey)
{
	OWNED(close_owned) int fd = open_in(root, point, RESOLVE_NO_SYMLINKS);
	struct survey of_mount = *survey;
	struct stat st;
	struct err e;

	of_mount.prefix = point;
	of_mount.since_ns = 0;
	if (fd < 0 || fstat(fd, &st) < 0 || is_source(start, &st))
		return;
	if (S_ISDIR(st.st_mode))
		(void)!survey_folder(&of_mount, fd, &e);
	else if (S_ISREG(st.st_mode))
		(void)!survey_file(&of_mount, fd, &e);
}

/* The mount at a destination of the specification; count: none. */
static size_t find_destination(const struct start *start, int root,
			       const char *destination)
{
	OWNED(close_owned) int fd = open_in(root, destination, 0);

	return fd < 0 ? start->count : find(start, stat_mount(fd));
}

/* Mounts that other containers write don't count as read-only. If one of them
 * isn't found, no mount does. */
static void mark_written(struct start *start, int root)
{
	const struct json *written = start->container->volumes_written;
	const char *destination = "";

	for (size_t i = 0; i < json_count(written); i++) {
		size_t index;

		(void)json_string(json_at(written, i), &destination);
		index = find_destination(start, root, destination);
		if (index < start->count)
			start->given[index].read_only = false;
		for (size_t j = 0; index == start->count && j < index; j++)
			start->given[j].read_only = false;
	}
}

static void mark_followed(struct start *start, int root)
{
	const struct json *followed = start->container->volumes_followed;
	const char *destination = "";

	for (size_t i = 0; i < json_count(followed); i++) {
		size_t index;

		(void)json_string(json_at(followed, i), &destination);
		index = find_destination(start, root, destination);
		if (index < start->count)
			start->given[index].followed =
				start->given[index].read_only;
	}
}

/* False if the task is gone. No task of the container has executed anything
 * then, so the baseline is recorded at the next notification. */
static bool look_at_mounts(struct start *start, pid_t tid,
			   const struct survey *survey)
{
	OWNED(close_owned) int root = -1;

	if (target_open_link(tid, "root", &root, NULL) < 0 ||
	    !read_mounts(start, tid, root))
		return false;
	mark_written(start, root);
	mark_followed(start, root);
	arrivals_learn(start->arrivals, tid);
	if (!start->container->hooks_added || !find_specified(start, root))
		return true;
	for (size_t i = 0; i < start->count; i++)
		if (is_hooks(start, &start->given[i]))
			seal_mount(start, root, start->given[i].point, survey);
	return true;
}

/* Files of the root that are newer than the create: on an overlay they are in
 * its upper layer. */
static void look_at_root(const struct start *start, const struct survey *survey)
{
	const struct container *c = start->container;
	OWNED(close_owned)
	int root = open(c->overlay && c->upper ? c->upper : c->rootfs,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e;

	if (root >= 0)
		(void)!survey_folder(survey, root, &e);
}

static bool publish(struct start *start, struct manifest_builder *builder)
{
	uint8_t digest[DIGEST_SIZE];
	struct err e;

	if (!start->added.counts.files ||
	    manifest_builder_write(builder, &start->bytes, &e) < 0 ||
	    sha256_bytes(start->bytes.data, start->bytes.len, digest, &e) < 0 ||
	    manifest_parse(start->bytes.data, start->bytes.len,
			   &start->manifest, &e) < 0)
		return false;
	sha256_hex(digest, start->added.sha256);
	return true;
}

/* True where hooks added executables. */
static bool look(struct start *start, pid_t tid)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	const struct survey survey = {
		.counts = &start->added.counts,
		.prefix = "",
		.since_ns = (int64_t)start->container->created_ns,
		.builder = builder,
	};
	bool added;

	if (!builder || !look_at_mounts(start, tid, &survey)) {
		survey_counts_clear(&start->added.counts);
		return false;
	}
	if (start->container->hooks_added)
		look_at_root(start, &survey);
	added = publish(start, builder);
	atomic_store_explicit(&start->known, true, memory_order_release);
	return added;
}

const struct added *start_look(struct start *start, pid_t tid)
{
	bool added;

	(void)pthread_mutex_lock(&start->lock);
	added = !start_known(start) && look(start, tid);
	(void)pthread_mutex_unlock(&start->lock);
	return added ? &start->added : NULL;
}
