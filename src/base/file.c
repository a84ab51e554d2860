#include "file.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

char *file_in(const char *folder, const char *name)
{
	return text_format("%s/%s", folder, name);
}

int file_read(int dirfd, const char *path, size_t limit, struct buffer *out,
	      struct err *e)
{
	OWNED(close_owned)
	int fd = openat(dirfd, path,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char chunk[16384];
	struct stat st;
	size_t total = 0;
	ssize_t n;

	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "%s is not a regular file", path);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read %s", path);
		total += (size_t)n;
		if (total > limit)
			return err_set(e, EFBIG,
				       "%s is larger than the limit of %zu "
				       "bytes",
				       path, limit);
		buffer_append(out, chunk, (size_t)n);
	}
	if (buffer_failed(out))
		return err_set(e, ENOMEM, "read %s", path);
	return 0;
}

int file_write_all(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The file to publish. */
struct content {
	const void *bytes;
	size_t len;
	mode_t mode;
	bool first; /* an existing file is kept */
};

/* The last step of publishing: give the temporary file its name. */
static int take_name(const char *temporary, const char *path, bool first)
{
	if (!first)
		return rename(temporary, path);
	if (link(temporary, path) < 0 && errno != EEXIST)
		return -1;
	return unlink(temporary);
}

static int publish(const char *path, const struct content *content,
		   struct err *e)
{
	OWNED(free_owned) char *temporary = text_format("%s.XXXXXX", path);
	OWNED(close_owned) int fd = -1;
	int failure;

	if (!temporary)
		return err_set(e, ENOMEM, "write %s", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "create %s", temporary);
	if (file_write_all(fd, content->bytes, content->len) == 0 &&
	    fchmod(fd, content->mode) == 0 &&
	    take_name(temporary, path, content->first) == 0)
		return 0;
	failure = errno;
	(void)unlink(temporary);
	return err_set(e, failure, "write %s", path);
}

int file_publish(const char *path, const void *bytes, size_t len, mode_t mode,
		 struct err *e)
{
	const struct content content = {bytes, len, mode, false};

	return publish(path, &content, e);
}

int file_publish_first(const char *path, const void *bytes, size_t len,
		       mode_t mode, struct err *e)
{
	const struct content content = {bytes, len, mode, true};

	return publish(path, &content, e);
}

int file_make_dirs(const char *path, mode_t mode, struct err *e)
{
	OWNED(free_owned) char *part = strdup(path);
	struct stat st;

	if (!part)
		return err_set(e, ENOMEM, "create folder %s", path);
	for (char *slash = part + 1; *slash; slash++) {
		if (*slash != '/')
			continue;
		*slash = '\0';
		if (mkdir(part, mode) < 0 && errno != EEXIST)
			return err_set(e, errno, "create folder %s", part);
		*slash = '/';
	}
	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return err_set(e, errno, "create folder %s", path);
}
