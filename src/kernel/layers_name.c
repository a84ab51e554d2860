#include "layers_internal.h"

#include "filesystem.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

/* A file system's own number, which a reboot doesn't change; 0 if it has
 * none. */
static uint64_t file_system_id(int fd)
{
	struct statfs fs;
	uint64_t id = 0;

	if (fstatfs(fd, &fs) == 0)
		memcpy(&id, &fs.f_fsid, sizeof(id));
	return id;
}

/* Names and numbers are used again, birth times aren't. */
int layers_name_folder(const char *path, struct buffer *out, bool *ret_unique,
		       struct err *e)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);
	struct identity id;
	int64_t birth;
	uint64_t fs;

	if (fd < 0 || stat_birth(fd, &id, &birth) < 0)
		return err_set(e, errno, "%s", path);
	fs = file_system_id(fd);
	*ret_unique = *ret_unique && birth != 0;
	buffer_printf(out, "%llx %llx %llx\n",
		      (unsigned long long)(fs ? fs : id.dev),
		      (unsigned long long)id.ino, (unsigned long long)birth);
	return 0;
}

/* The merged root's own numbers change with each mount; those of the folder
 * under it don't. */
static int name_mount_point(const char *rootfs, struct buffer *out,
			    struct err *e)
{
	OWNED(free_owned) char *parent = strdup(rootfs);
	bool unique = true;

	if (!parent)
		return err_set(e, ENOMEM, "name the image");
	if (!layers_to_parent(parent))
		(void)snprintf(parent, 2, "/");
	buffer_printf(out, "mount %s\n", rootfs);
	return layers_name_folder(parent, out, &unique, e);
}

bool layers_served(const char *path)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);

	return fd >= 0 && filesystem_may_block(fd);
}

int layers_name(const struct layers *layers, const char *rootfs,
		struct buffer *out, bool *ret_shared, struct err *e)
{
	bool unique = true;
	int rc = 0;

	*ret_shared = true;
	if (layers && layers->lower_known) {
		buffer_printf(out, "layers\n");
		for (size_t i = 0; rc == 0 && i < layers->lower_count; i++)
			rc = layers_name_folder(layers->lower[i], out,
						ret_shared, e);
	} else if (layers ? !layers->upper : layers_served(rootfs)) {
		rc = name_mount_point(rootfs, out, e);
	} else {
		buffer_printf(out, "folder\n");
		rc = layers_name_folder(layers ? layers->upper : rootfs, out,
					&unique, e);
	}
	if (rc == 0 && buffer_failed(out))
		rc = err_set(e, ENOMEM, "name the image");
	return rc;
}
