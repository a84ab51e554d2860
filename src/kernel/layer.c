#include "layer.h"

#include "buffer.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

/* A name in layer.names; its text follows, and a NUL. */
struct name {
	enum file_kind kind;
	uint32_t len;
};

struct layer {
	const char *prefix; /* of the attributes that the overlay uses */
	struct layer_limit limit;
	pthread_mutex_t lock;
	struct buffer names;
	size_t count;
	uint64_t bytes;
};

/* Mounts below aren't cloned: the overlay has such a clone of the mount,
 * too. */
static int clone_mount(const char *path)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, path,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

int layer_open(const char *path, int *ret_fd, uint64_t *ret_fs, struct err *e)
{
	OWNED(close_owned) int tree = clone_mount(path);
	struct identity id;
	struct statfs fs;

	if (tree < 0 || fstatfs(tree, &fs) < 0 ||
	    stat_identity(tree, "", AT_EMPTY_PATH, &id) < 0)
		return err_set(e, ENOTSUP, "open the layer %s", path);
	if ((unsigned long)fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return err_set(e, ENOTSUP, "the layer %s is an overlay", path);
	memcpy(ret_fs, &fs.f_fsid, sizeof(*ret_fs));
	if (*ret_fs == 0)
		*ret_fs = id.dev;
	*ret_fd = FD_MOVE(tree);
	return 0;
}

struct layer *layer_new(bool user_marks, const struct layer_limit *limit)
{
	struct layer *layer = calloc(1, sizeof(*layer));

	if (!layer)
		return NULL;
	layer->prefix = user_marks ? "user.overlay." : "trusted.overlay.";
	if (limit)
		layer->limit = *limit;
	(void)pthread_mutex_init(&layer->lock, NULL);
	return layer;
}

void layer_owned(struct layer **layer)
{
	if (!*layer)
		return;
	buffer_clear(&(*layer)->names);
	free(*layer);
	*layer = NULL;
}

static int add(struct layer *layer, const char *path, size_t len,
	       enum file_kind kind, struct err *e)
{
	const struct name name = {.kind = kind, .len = (uint32_t)len};
	bool over;
	bool failed;

	(void)pthread_mutex_lock(&layer->lock);
	over = layer->limit.names && layer->count == layer->limit.names;
	if (!over) {
		buffer_append(&layer->names, &name, sizeof(name));
		buffer_append(&layer->names, path, len);
		buffer_append(&layer->names, "", 1);
		layer->count++;
	}
	failed = buffer_failed(&layer->names);
	(void)pthread_mutex_unlock(&layer->lock);
	if (failed)
		return err_set(e, ENOMEM, "list a layer");
	return over ? err_set(e, E2BIG, "list a layer") : 0;
}

int layer_add_name(struct layer *layer, const char *path, size_t len,
		   struct err *e)
{
	return add(layer, path, len, KIND_HIDING, e);
}

static bool is_none(void)
{
	/* The file has no attribute of this name, or the file system has none
	 * at all. */
	return errno == ENODATA || errno == EOPNOTSUPP;
}

/* The attribute counts whatever its value, which may be empty. */
static bool has_mark(const struct layer *layer, int fd, const char *name)
{
	char full[64];

	(void)snprintf(full, sizeof(full), "%s%s", layer->prefix, name);
	return fgetxattr(fd, full, NULL, 0) >= 0 || !is_none();
}

/* "y" hides the content of the folders below it; "x" says that some of its own
 * files are whiteouts. */
static int get_opaque(const struct layer *layer, int fd, bool *ret,
		      struct err *e)
{
	char full[64];
	char value = '\0';
	ssize_t len;

	(void)snprintf(full, sizeof(full), "%sopaque", layer->prefix);
	len = fgetxattr(fd, full, &value, sizeof(value));
	*ret = len == 1 && value == 'y';
	return *ret || (len < 0 && is_none()) ? 0
					      : err_set(e, ENOTSUP, "opaque");
}

int layer_add_folder(struct layer *layer, const char *path, size_t len, int fd,
		     struct err *e)
{
	bool opaque;

	if (has_mark(layer, fd, "redirect") ||
	    get_opaque(layer, fd, &opaque, e) < 0)
		return err_set(e, ENOTSUP, "what %s shows is elsewhere", path);
	/* The roots of layers are merged whatever their attributes. */
	if (len == 0)
		return 0;
	return add(layer, path, len, opaque ? KIND_OPAQUE : KIND_FOLDER, e);
}

int layer_check_file(struct layer *layer, int fd, const struct identity *id,
		     struct err *e)
{
	bool over;

	/* Most files have no attribute at all. */
	if (flistxattr(fd, NULL, 0) != 0 && (has_mark(layer, fd, "metacopy") ||
					     has_mark(layer, fd, "redirect") ||
					     has_mark(layer, fd, "whiteout")))
		return err_set(e, ENOTSUP, "what a file shows is elsewhere");
	(void)pthread_mutex_lock(&layer->lock);
	layer->bytes += id->size;
	over = layer->limit.bytes && layer->bytes > layer->limit.bytes;
	(void)pthread_mutex_unlock(&layer->lock);
	return over ? err_set(e, E2BIG, "read a layer") : 0;
}

int layer_each(const struct layer *layer,
	       int (*call)(void *context, const char *path, size_t len,
			   enum file_kind kind, struct err *e),
	       void *context, struct err *e)
{
	const char *at = layer->names.data;
	struct name name;

	for (size_t i = 0; i < layer->count; i++) {
		memcpy(&name, at, sizeof(name));
		at += sizeof(name);
		if (call(context, at, name.len, name.kind, e) < 0)
			return -1;
		at += name.len + 1;
	}
	return 0;
}
