#include "mountinfo.h"

#include "attr.h"
#include "buffer.h"
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void mountinfo_clear(struct mountinfo *info)
{
	mnt_unref_table(info->table);
	free(info->lines);
	close_owned(&info->fd);
	*info = (struct mountinfo)MOUNTINFO_INIT;
}

/* Fields like "shared:12 master:3". */
static unsigned group_of(const char *fields, const char *key)
{
	const char *at = fields ? strstr(fields, key) : NULL;

	return at ? (unsigned)strtoul(at + strlen(key), NULL, 10) : 0;
}

static bool is_read_only(struct libmnt_fs *fs)
{
	const char *options[] = {mnt_fs_get_vfs_options(fs),
				 mnt_fs_get_fs_options(fs)};
	char *value;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i] &&
		    mnt_optstr_get_option(options[i], "ro", &value, &len) == 0)
			return true;
	return false;
}

static void take_line(struct libmnt_fs *fs, struct mountinfo *info)
{
	const char *fields = mnt_fs_get_optional_fields(fs);
	const dev_t device = mnt_fs_get_devno(fs);
	const struct mountinfo_line line = {
		.id = mnt_fs_get_id(fs),
		.parent = mnt_fs_get_parent_id(fs),
		.device = (uint64_t)major(device) << 32 | minor(device),
		.root = mnt_fs_get_root(fs),
		.point = mnt_fs_get_target(fs),
		.source = mnt_fs_get_source(fs),
		.type = mnt_fs_get_fstype(fs),
		.options = mnt_fs_get_fs_options(fs),
		.shared = group_of(fields, "shared:"),
		.master = group_of(fields, "master:"),
		.read_only = is_read_only(fs),
	};

	if (line.root && line.point)
		info->lines[info->count++] = line;
}

static int take_lines(struct mountinfo *info, struct err *e)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	int count = mnt_table_get_nents(info->table);
	struct libmnt_fs *fs = NULL;

	if (count > 0)
		info->lines = calloc((size_t)count, sizeof(*info->lines));
	while (iterator && info->lines &&
	       mnt_table_next_fs(info->table, iterator, &fs) == 0)
		take_line(fs, info);
	mnt_free_iter(iterator);
	return info->count ? 0 : err_set(e, ENOMEM, "list the mounts");
}

int mountinfo_parse(char *text, size_t len, struct mountinfo *ret,
		    struct err *e)
{
	FILE *stream = len ? fmemopen(text, len, "r") : NULL;
	int rc = -1;

	*ret = (struct mountinfo)MOUNTINFO_INIT;
	ret->table = mnt_new_table();
	if (stream && ret->table)
		rc = mnt_table_parse_stream(ret->table, stream, "mountinfo");
	if (stream)
		(void)fclose(stream);
	rc = rc ? err_set(e, 0, "read the mounts") : take_lines(ret, e);
	if (rc < 0)
		mountinfo_clear(ret);
	return rc;
}

static int read_all(int fd, size_t limit, struct buffer *text, struct err *e)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read the mounts");
		buffer_append(text, chunk, (size_t)n);
		if (text->len > limit)
			return err_set(e, EFBIG, "read the mounts");
	}
	return buffer_failed(text) ? err_set(e, ENOMEM, "read the mounts") : 0;
}

int mountinfo_read(pid_t tid, size_t limit, struct mountinfo *ret,
		   struct err *e)
{
	OWNED(close_owned)
	int fd = tid ? procfs_open(tid, "mountinfo", O_RDONLY)
		     : open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct buffer text = BUFFER_INIT;
	int rc;

	*ret = (struct mountinfo)MOUNTINFO_INIT;
	if (fd < 0)
		return err_set(e, errno, "open the mounts");
	rc = read_all(fd, limit, &text, e);
	if (rc == 0)
		rc = mountinfo_parse(text.data, text.len, ret, e);
	buffer_clear(&text);
	if (rc == 0)
		ret->fd = FD_MOVE(fd);
	return rc;
}

bool mountinfo_stands(const struct mountinfo *info)
{
	struct pollfd changed = {.fd = info->fd, .events = POLLPRI};

	return info->fd >= 0 && poll(&changed, 1, 0) == 0;
}

const struct mountinfo_line *mountinfo_find(const struct mountinfo *info,
					    int id)
{
	for (size_t i = 0; i < info->count; i++)
		if (info->lines[i].id == id)
			return &info->lines[i];
	return NULL;
}

bool mountinfo_has_option(const struct mountinfo_line *line, const char *name)
{
	char *value;
	size_t len;

	return line->options &&
	       mnt_optstr_get_option(line->options, name, &value, &len) == 0;
}

char *mountinfo_copy_value(const struct mountinfo_line *line, const char *name)
{
	char *value = NULL;
	size_t len = 0;

	if (!line->options ||
	    mnt_optstr_get_option(line->options, name, &value, &len) != 0 ||
	    !value)
		return NULL;
	return strndup(value, len);
}

const struct mountinfo_line *mountinfo_at(const struct mountinfo *info,
					  const char *point)
{
	for (size_t i = info->count; i-- > 0;)
		if (strcmp(info->lines[i].point, point) == 0)
			return &info->lines[i];
	return NULL;
}
