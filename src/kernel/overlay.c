#include "overlay.h"

#include "filesystem.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Overlays on overlays: include/linux/fs.h. */
enum { FILESYSTEM_MAX_STACK_DEPTH = 2 };

static void table_owned(struct libmnt_table **table)
{
	mnt_unref_table(*table);
	*table = NULL;
}

/* A copy of an option's value; NULL where it isn't given. */
static char *option_value(const char *options, const char *name)
{
	char *value = NULL;
	size_t len = 0;

	if (!options ||
	    mnt_optstr_get_option(options, name, &value, &len) != 0 || !value)
		return NULL;
	return strndup(value, len);
}

static bool has_option(const char *options, const char *name)
{
	char *value = NULL;
	size_t len = 0;

	return mnt_optstr_get_option(options, name, &value, &len) == 0;
}

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

static bool is_upper(struct libmnt_fs *fs, const struct identity *folders,
		     size_t count)
{
	const char *type = mnt_fs_get_fstype(fs);
	const char *options = mnt_fs_get_fs_options(fs);
	OWNED(free_owned) char *upper = NULL;
	struct identity id;

	if (!type || strcmp(type, "overlay") != 0 || !options)
		return false;
	upper = layers_upper(mnt_fs_get_target(fs), options);
	if (!upper || stat_identity(AT_FDCWD, upper, 0, &id) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (folders[i].dev == id.dev && folders[i].ino == id.ino)
			return true;
	return false;
}

/* A layer that some overlay of this machine writes to isn't immutable. */
static bool layer_is_written(const struct layers *layers,
			     struct libmnt_table *table)
{
	struct identity folders[LAYERS_MAX];
	size_t count = identify(layers, folders);
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs = NULL;
	bool written = !iterator;

	while (!written && mnt_table_next_fs(table, iterator, &fs) == 0)
		written = is_upper(fs, folders, count);
	mnt_free_iter(iterator);
	return written;
}

/* The mount table's overlay that is mounted on real; NULL: there is none. */
static struct libmnt_fs *find_overlay(struct libmnt_table *table,
				      const char *real)
{
	struct libmnt_fs *fs =
		mnt_table_find_target(table, real, MNT_ITER_BACKWARD);
	const char *type = fs ? mnt_fs_get_fstype(fs) : NULL;

	return type && strcmp(type, "overlay") == 0 && mnt_fs_get_root(fs) &&
			       strcmp(mnt_fs_get_root(fs), "/") == 0
		       ? fs
		       : NULL;
}

static bool are_immutable(const struct layers *layers,
			  struct libmnt_table *table, unsigned depth);

/* A layer that is itself an overlay, as an image's mount is: its files have the
 * inodes and times of its own layers, if nothing can be written above these. */
static bool is_immutable(const char *folder, struct libmnt_table *table,
			 unsigned depth)
{
	OWNED(close_owned) int fd = open(folder, O_PATH | O_CLOEXEC);
	OWNED(free_owned) char *real = NULL;
	struct layers layers = {0};
	struct libmnt_fs *fs;
	bool immutable;
	struct err e;

	if (fd < 0 || filesystem_keeps_ctime(fd))
		return fd >= 0;
	real = depth && filesystem_is_overlay(fd) ? realpath(folder, NULL)
						  : NULL;
	fs = real ? find_overlay(table, real) : NULL;
	if (!fs || !mnt_fs_get_fs_options(fs) ||
	    layers_find(real, mnt_fs_get_fs_options(fs), &layers, &e) < 0)
		return false;
	immutable =
		!layers.writable && are_immutable(&layers, table, depth - 1);
	layers_clear(&layers);
	return immutable;
}

static bool are_immutable(const struct layers *layers,
			  struct libmnt_table *table, unsigned depth)
{
	if (!layers->lower_known || layer_is_written(layers, table))
		return false;
	for (size_t i = 0; i < layers->lower_count; i++)
		if (!is_immutable(layers->lower[i], table, depth))
			return false;
	return true;
}

static int repeat_options(const char *options, struct overlay *ret)
{
	static const char *const repeated[] = {"redirect_dir", "metacopy"};
	char text[128] = "";

	for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
		OWNED(free_owned)
		char *value = option_value(options, repeated[i]);
		size_t len = strlen(text);

		if (value && strlen(value) < 32)
			(void)snprintf(text + len, sizeof(text) - len, ",%s=%s",
				       repeated[i], value);
	}
	ret->options = text_format(
		"%s%s", text,
		has_option(options, "userxattr") ? ",userxattr" : "");
	return ret->options ? 0 : -1;
}

int overlay_find(const char *path, bool *ret_found, struct overlay *ret,
		 struct err *e)
{
	OWNED(table_owned)
	struct libmnt_table *table =
		mnt_new_table_from_file("/proc/self/mountinfo");
	OWNED(free_owned) char *real = realpath(path, NULL);
	struct libmnt_fs *fs;
	const char *options;

	*ret = (struct overlay){0};
	*ret_found = false;
	if (!table)
		return err_set(e, 0,
			       "can't read /proc/self/mountinfo: is /proc "
			       "mounted?");
	if (!real)
		return err_set(e, errno, "%s", path);
	fs = find_overlay(table, real);
	if (!fs)
		return 0;
	options = mnt_fs_get_fs_options(fs);
	if (layers_find(real, options ? options : "", &ret->layers, e) < 0 ||
	    repeat_options(options, ret) < 0) {
		overlay_clear(ret);
		return err_set(e, ENOMEM, "read the overlay of %s", path);
	}
	ret->lower_immutable =
		are_immutable(&ret->layers, table, FILESYSTEM_MAX_STACK_DEPTH);
	*ret_found = true;
	return 0;
}

void overlay_clear(struct overlay *overlay)
{
	layers_clear(&overlay->layers);
	free(overlay->options);
	overlay->options = NULL;
}

/* What the thread that mounts is handed, and what it hands back. */
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

/* In a thread of its own, so that only it is in the new mount namespace; the
 * descriptor outlives both. */
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
		/* An overlay has at least two layers; one is its own merge. */
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
