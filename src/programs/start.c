#include "start.h"

#include "report.h"
#include "sha256.h"
#include "stat.h"
#include "survey.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { MOUNTS_MAX = 4096 };

struct start {
	const struct container *container;
	pthread_mutex_t lock;
	atomic_bool known;
	uint64_t devices[MOUNTS_MAX];
	size_t device_count;
	struct buffer bytes; /* of added */
	struct manifest *added;
};

bool start_matters(const struct container *container)
{
	const struct config *config = &container->config;
	bool rules = false;

	for (size_t i = 0; i < config->allow_count; i++)
		rules = rules || config->allow[i].mount;
	return rules || container->hooks_added ||
	       config->volumes_writable == VOLUME_TRUST ||
	       config->volumes_read_only == VOLUME_TRUST;
}

struct start *start_new(const struct container *container)
{
	struct start *start = calloc(1, sizeof(*start));

	if (!start)
		return NULL;
	start->container = container;
	(void)pthread_mutex_init(&start->lock, NULL);
	atomic_init(&start->known, false);
	return start;
}

bool start_known(const struct start *start)
{
	return atomic_load_explicit(&start->known, memory_order_acquire);
}

bool start_has_device(const struct start *start, uint64_t dev)
{
	for (size_t i = 0; i < start->device_count; i++)
		if (start->devices[i] == dev)
			return true;
	return false;
}

const struct manifest *start_added(const struct start *start)
{
	return start->added;
}

/* A mount point, which has no links in it. */
static int open_mount(int root, const char *point)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, root, point, &how, sizeof(how));
}

static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

/*
 * The specification's own, by its destination or, where links lead that
 * elsewhere, by its source. Below a bind may be what was mounted in its
 * source: by an earlier life, where mounts propagate to the host.
 */
static bool is_specified(const struct container *c, const char *point,
			 const struct identity *id)
{
	for (size_t i = 0; i + 1 < json_count(c->mounts); i += 2) {
		const char *destination = "";
		const char *source = "";
		struct identity of;

		(void)json_string(json_at(c->mounts, i), &destination);
		(void)json_string(json_at(c->mounts, i + 1), &source);
		if (strcmp(destination, point) == 0 ||
		    (source[0] && is_below(point, destination)))
			return true;
		if (source[0] == '/' &&
		    stat_identity(AT_FDCWD, source, 0, &of) == 0 &&
		    of.dev == id->dev && of.ino == id->ino)
			return true;
	}
	return false;
}

/* The runtime's own are there. */
static bool is_kernels(const char *point)
{
	return is_below(point, "/proc") || is_below(point, "/sys") ||
	       is_below(point, "/dev");
}

/* One mount: its device, and what is on it if a hook mounted it. */
static void look_at_mount(struct start *start, int root, const char *point,
			  const struct survey *survey)
{
	OWNED(close_owned) int fd = open_mount(root, point);
	struct survey of_mount = *survey;
	struct identity id;
	struct err e;

	if (fd < 0 || stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return;
	if (start->device_count < MOUNTS_MAX)
		start->devices[start->device_count++] = id.dev;
	if (!start->container->hooks_added || strcmp(point, "/") == 0 ||
	    is_kernels(point) || is_specified(start->container, point, &id))
		return;
	of_mount.prefix = point;
	of_mount.since_ns = 0;
	if (S_ISDIR(id.mode))
		(void)!survey_folder(&of_mount, fd, &e);
	else if (S_ISREG(id.mode))
		(void)!survey_file(&of_mount, fd, &e);
}

/* False where the task is gone: none of the container has executed anything
 * then, and the next one's notification is as good. */
static bool look_at_mounts(struct start *start, pid_t tid,
			   const struct survey *survey)
{
	OWNED(close_owned) int root = -1;
	char path[PATH_MAX];
	char *line = NULL;
	size_t cap = 0;
	bool seen = false;
	FILE *file;

	start->device_count = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", tid);
	file = fopen(path, "re");
	if (file && target_open_link(tid, "root", &root, NULL) == 0) {
		while (getline(&line, &cap, file) > 0)
			if (target_parse_mount(line, NULL, path, sizeof(path)))
				look_at_mount(start, root, path, survey);
		seen = start->device_count > 0;
	}
	free(line);
	if (file)
		(void)fclose(file);
	return seen;
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

static void publish(struct start *start, struct manifest_builder *builder,
		    struct container *counts, struct journal *journal)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	struct err e;

	if (!counts->sealed_files ||
	    manifest_builder_write(builder, &start->bytes, &e) < 0 ||
	    sha256_bytes(start->bytes.data, start->bytes.len, digest, &e) < 0 ||
	    manifest_parse(start->bytes.data, start->bytes.len, &start->added,
			   &e) < 0)
		return;
	sha256_hex(digest, hex);
	counts->manifest_sha256 = hex;
	report_added(start->container, counts, journal);
	counts->manifest_sha256 = NULL;
}

static bool look(struct start *start, pid_t tid, struct journal *journal)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	struct container counts = {0};
	const struct survey survey = {
		.counts = &counts,
		.prefix = "",
		.since_ns = (int64_t)start->container->created_ns,
		.builder = builder,
	};

	if (!builder || !look_at_mounts(start, tid, &survey)) {
		json_free(counts.unreadable);
		return false;
	}
	if (start->container->hooks_added)
		look_at_root(start, &survey);
	publish(start, builder, &counts, journal);
	json_free(counts.unreadable);
	return true;
}

void start_look(struct start *start, pid_t tid, struct journal *journal)
{
	(void)pthread_mutex_lock(&start->lock);
	if (!start_known(start) && look(start, tid, journal))
		atomic_store_explicit(&start->known, true,
				      memory_order_release);
	(void)pthread_mutex_unlock(&start->lock);
}
