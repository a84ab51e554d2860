#include "loop.h"

#include "buffer.h"
#include "file.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 8, /* of devices that are made of others */
	NAME_MAX_BYTES = 2 * PATH_MAX,
};

struct images {
	int (*found)(void *context, const char *path, bool removed,
		     struct err *e);
	void *context;
};

/* The kernel's word for a file without a name (d_path). */
static bool cut_removed(char *path)
{
	static const char removed[] = " (deleted)";
	size_t len = strlen(path);

	if (len <= strlen(removed) ||
	    strcmp(path + len - strlen(removed), removed) != 0)
		return false;
	path[len - strlen(removed)] = '\0';
	return true;
}

/* 1: it is a loop device, and found was called. */
static int tell(const struct images *images, const char *folder, struct err *e)
{
	OWNED(free_owned) char *name = NULL;
	struct buffer text = BUFFER_INIT;
	int rc = 0;

	name = text_format("%s/loop/backing_file", folder);
	if (!name)
		return err_set(e, ENOMEM, "look for an image file");
	if (file_read(AT_FDCWD, name, NAME_MAX_BYTES, &text, NULL) == 0 &&
	    text.len) {
		/* A name may have a newline; the last one is sysfs's. */
		text.data[text.len - 1] = '\0';
		rc = images->found(images->context, text.data,
				   cut_removed(text.data), e);
		if (rc == 0)
			rc = 1;
	}
	buffer_clear(&text);
	return rc;
}

static int visit(const struct images *images, const char *folder, int depth,
		 struct err *e);

/* The devices that one of device mapper or md is made of. */
static int visit_slaves(const struct images *images, const char *folder,
			int depth, struct err *e)
{
	OWNED(free_owned) char *slaves = NULL;
	const struct dirent *entry;
	int rc = 0;
	DIR *dir;

	slaves = text_format("%s/slaves", folder);
	if (!slaves)
		return err_set(e, ENOMEM, "look for an image file");
	dir = opendir(slaves);
	while (dir && rc == 0 && (entry = readdir(dir))) {
		OWNED(free_owned) char *slave = NULL;

		if (entry->d_name[0] == '.')
			continue;
		slave = text_format("%s/%s", slaves, entry->d_name);
		if (!slave)
			rc = err_set(e, ENOMEM, "look for an image file");
		else
			rc = visit(images, slave, depth + 1, e);
	}
	if (dir)
		(void)closedir(dir);
	return rc;
}

/* folder: of a device, or of a partition, which lies in its device's. */
static int visit(const struct images *images, const char *folder, int depth,
		 struct err *e)
{
	OWNED(free_owned) char *partition = NULL;
	OWNED(free_owned) char *above = NULL;
	int rc;

	if (depth > DEPTH_MAX)
		return 0;
	partition = text_format("%s/partition", folder);
	if (!partition)
		return err_set(e, ENOMEM, "look for an image file");
	if (access(partition, F_OK) == 0) {
		above = text_format("%s/..", folder);
		if (!above)
			return err_set(e, ENOMEM, "look for an image file");
		folder = above;
	}
	rc = tell(images, folder, e);
	if (rc == 0)
		return visit_slaves(images, folder, depth, e);
	return rc < 0 ? -1 : 0;
}

int loop_images(uint64_t device,
		int (*found)(void *context, const char *path, bool removed,
			     struct err *e),
		void *context, struct err *e)
{
	const struct images images = {found, context};
	char folder[64];

	(void)snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u",
		       (unsigned)(device >> 32), (unsigned)device);
	return visit(&images, folder, 0, e);
}
