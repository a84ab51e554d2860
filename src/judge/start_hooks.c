#include "start_internal.h"

#include "location.h"
#include "sha256.h"
#include "stat.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
		fd = start_open_in(root, destination, 0);
		if (fd < 0)
			return false;
		index = start_find(start, stat_mount(fd));
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
	OWNED(close_owned)
	int fd = start_open_in(root, point, RESOLVE_NO_SYMLINKS);
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

void start_seal_mounts(struct start *start, int root,
		       const struct survey *survey)
{
	if (!find_specified(start, root))
		return;
	for (size_t i = 0; i < start->count; i++)
		if (is_hooks(start, &start->given[i]))
			seal_mount(start, root, start->given[i].point, survey);
}

void start_seal_root(const struct start *start, const struct survey *survey)
{
	const struct container *c = start->container;
	OWNED(close_owned)
	int root = open(c->overlay && c->upper ? c->upper : c->rootfs,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e;

	if (root >= 0)
		(void)!survey_folder(survey, root, &e);
}

bool start_publish(struct start *start, struct manifest_builder *builder)
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
