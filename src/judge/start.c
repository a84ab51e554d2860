#include "start_internal.h"

#include "arrivals_internal.h"
#include "location.h"
#include "mountinfo.h"
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

enum { TABLE_MAX = 16 * 1024 * 1024 }; /* bytes of mountinfo */

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

size_t start_find(const struct start *start, uint64_t mount)
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
	if (!start_known(start) ||
	    (i = start_find(start, mount)) == start->count)
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
	size_t i = start_known(start) ? start_find(start, mount) : start->count;

	return i < start->count && start->given[i].followed;
}

const struct manifest *start_added(const struct start *start)
{
	return start_known(start) ? start->manifest : NULL;
}

int start_open_in(int root, const char *path, uint64_t resolve)
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
	OWNED(close_owned)
	int fd = start_open_in(root, point, RESOLVE_NO_SYMLINKS);
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
	if (!given->point || start_find(start, given->mount) < start->count)
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

/* The mount at a destination of the specification; count: none. */
static size_t find_destination(const struct start *start, int root,
			       const char *destination)
{
	OWNED(close_owned) int fd = start_open_in(root, destination, 0);

	return fd < 0 ? start->count : start_find(start, stat_mount(fd));
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
	if (start->container->hooks_added)
		start_seal_mounts(start, root, survey);
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
		start_seal_root(start, &survey);
	added = start_publish(start, builder);
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
