#include "overlay.h"

#include "filesystem.h"
#include "mountinfo.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Overlays on overlays: include/linux/fs.h. */
enum { FILESYSTEM_MAX_STACK_DEPTH = 2 };

/* The folders that layers are, as numbers: a machine has many mounts. */
static size_t identify(const struct layers *layers, struct identity *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < layers->lower_count; i++)
		if (stat_identity(AT_FDCWD, layers->lower[i], 0, &ret[count]) ==
		    0)
			count++;
	return count;
}

static bool is_upper(const struct mountinfo_line *line,
		     const struct identity *folders, size_t count)
{
	OWNED(free_owned) char *upper = NULL;
	struct identity id;

	if (!line->type || strcmp(line->type, "overlay") != 0 || !line->options)
		return false;
	upper = layers_upper(line->point, line->options);
	if (!upper || stat_identity(AT_FDCWD, upper, 0, &id) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (folders[i].dev == id.dev && folders[i].ino == id.ino)
			return true;
	return false;
}

/* True if an overlay of this machine writes to the layer, which then isn't
 * immutable. */
static bool layer_is_written(const struct layers *layers,
			     const struct mountinfo *mounts)
{
	struct identity folders[LAYERS_MAX];
	size_t count = identify(layers, folders);

	for (size_t i = 0; i < mounts->count; i++)
		if (is_upper(&mounts->lines[i], folders, count))
			return true;
	return false;
}

/* The overlay that is mounted on real; NULL: there is none. */
static const struct mountinfo_line *find_overlay(const struct mountinfo *mounts,
						 const char *real)
{
	const struct mountinfo_line *line = mountinfo_at(mounts, real);

	return line && line->type && strcmp(line->type, "overlay") == 0 &&
			       strcmp(line->root, "/") == 0
		       ? line
		       : NULL;
}

static bool are_immutable(const struct layers *layers,
			  const struct mountinfo *mounts, unsigned depth);

/* A layer that is itself an overlay, as an image's mount is: its files have the
 * inodes and times of its own layers, if nothing can be written above these. */
static bool is_immutable(const char *folder, const struct mountinfo *mounts,
			 unsigned depth)
{
	OWNED(close_owned) int fd = open(folder, O_PATH | O_CLOEXEC);
	OWNED(free_owned) char *real = NULL;
	struct layers layers = {0};
	const struct mountinfo_line *line;
	bool immutable;
	struct err e;

	if (fd < 0 || filesystem_keeps_ctime(fd))
		return fd >= 0;
	real = depth && filesystem_is_overlay(fd) ? realpath(folder, NULL)
						  : NULL;
	line = real ? find_overlay(mounts, real) : NULL;
	if (!line || !line->options ||
	    layers_find(real, line->options, &layers, &e) < 0)
		return false;
	immutable =
		!layers.writable && are_immutable(&layers, mounts, depth - 1);
	layers_clear(&layers);
	return immutable;
}

static bool are_immutable(const struct layers *layers,
			  const struct mountinfo *mounts, unsigned depth)
{
	if (!layers->lower_known || layer_is_written(layers, mounts))
		return false;
	for (size_t i = 0; i < layers->lower_count; i++)
		if (!is_immutable(layers->lower[i], mounts, depth))
			return false;
	return true;
}

static int repeat_options(const struct mountinfo_line *line,
			  struct overlay *ret)
{
	static const char *const repeated[] = {"redirect_dir", "metacopy"};
	char text[128] = "";

	for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
		OWNED(free_owned)
		char *value = mountinfo_copy_value(line, repeated[i]);
		size_t len = strlen(text);

		if (value && strlen(value) < 32)
			(void)snprintf(text + len, sizeof(text) - len, ",%s=%s",
				       repeated[i], value);
	}
	ret->options = text_format(
		"%s%s", text,
		mountinfo_has_option(line, "userxattr") ? ",userxattr" : "");
	return ret->options ? 0 : -1;
}

static int read_overlay(const char *real, const struct mountinfo *mounts,
			const struct mountinfo_line *line, struct overlay *ret,
			struct err *e)
{
	const char *options = line->options ? line->options : "";

	if (layers_find(real, options, &ret->layers, e) < 0 ||
	    repeat_options(line, ret) < 0) {
		overlay_clear(ret);
		return err_set(e, ENOMEM, "read the overlay of %s", real);
	}
	ret->lower_immutable =
		are_immutable(&ret->layers, mounts, FILESYSTEM_MAX_STACK_DEPTH);
	return 0;
}

int overlay_find(const char *path, bool *ret_found, struct overlay *ret,
		 struct err *e)
{
	OWNED(mountinfo_clear) struct mountinfo mounts = MOUNTINFO_INIT;
	OWNED(free_owned) char *real = realpath(path, NULL);
	const struct mountinfo_line *line;

	*ret = (struct overlay){0};
	*ret_found = false;
	if (mountinfo_read(0, SIZE_MAX, &mounts, NULL) < 0)
		return err_set(e, 0,
			       "can't read /proc/self/mountinfo: is /proc "
			       "mounted?");
	if (!real)
		return err_set(e, errno, "%s", path);
	line = find_overlay(&mounts, real);
	*ret_found = line && read_overlay(real, &mounts, line, ret, e) == 0;
	return line && !*ret_found ? -1 : 0;
}

void overlay_clear(struct overlay *overlay)
{
	layers_clear(&overlay->layers);
	free(overlay->options);
	overlay->options = NULL;
}

/* The input and the result of the thread that mounts. */
struct private_mount {
	const struct overlay *overlay;
	const char *scratch;
	int fd;
	struct err *e;
};

/* lowerdir=/proc/self/fd/4:… : short whatever the paths are, and free of
 * characters that would need escapes. fds stay open until the mount. */
static int lower_option(const struct overlay *overlay, int *fds, char **ret)
{
	size_t cap = overlay->layers.lower_count * 24 + 64 +
		     strlen(overlay->options);
	char *text = malloc(cap);
	size_t len;

	if (!text)
		return -1;
	len = (size_t)snprintf(text, cap, "lowerdir=");
	for (size_t i = 0; i < overlay->layers.lower_count; i++) {
		fds[i] = open(overlay->layers.lower[i],
			      O_PATH | O_DIRECTORY | O_CLOEXEC);
		len += (size_t)snprintf(text + len, cap - len,
					"%s/proc/self/fd/%d", i ? ":" : "",
					fds[i]);
	}
	(void)snprintf(text + len, cap - len, "%s", overlay->options);
	*ret = text;
	return 0;
}

/* The mount is made in a thread of its own, so that only this is in the new
 * mount namespace; the descriptor outlives both. */
static void *mount_privately(void *argument)
{
	struct private_mount *job = argument;
	OWNED(free_owned) char *option = NULL;
	int fds[LAYERS_MAX];

	memset(fds, -1, sizeof(fds));
	if (unshare(CLONE_FS | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		(void)err_set(job->e, errno, "make a mount namespace");
	else if (lower_option(job->overlay, fds, &option) < 0)
		(void)err_set(job->e, ENOMEM, "mount the image's layers");
	else if (mount("overlay", job->scratch, "overlay",
		       MS_RDONLY | MS_NODEV | MS_NOSUID, option) < 0)
		(void)err_set(job->e, errno, "mount the image's layers on %s",
			      job->scratch);
	else if ((job->fd = open(job->scratch,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		(void)err_set(job->e, errno, "open %s", job->scratch);
	for (size_t i = 0; i < job->overlay->layers.lower_count; i++)
		close_owned(&fds[i]);
	return NULL;
}

int overlay_open_lower(const struct overlay *overlay, const char *scratch,
		       int *ret_fd, struct err *e)
{
	struct private_mount job = {overlay, scratch, -1, e};
	pthread_t thread;

	if (overlay->layers.lower_count == 1) {
		/* An overlay needs at least two layers; a single one needs no
		 * merge. */
		*ret_fd = open(overlay->layers.lower[0],
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*ret_fd < 0)
			return err_set(e, errno, "open %s",
				       overlay->layers.lower[0]);
		return 0;
	}
	if (pthread_create(&thread, NULL, mount_privately, &job) != 0)
		return err_set(e, EAGAIN, "start a thread");
	(void)pthread_join(thread, NULL);
	*ret_fd = job.fd;
	return job.fd < 0 ? -1 : 0;
}
