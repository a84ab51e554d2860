#include "procfs.h"
#include "sink_internal.h"

#include "event.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

static int make_folder(const char *file)
{
	OWNED(free_owned) char *folder = strdup(file);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return file_make_dirs(folder, 0750, NULL);
}

bool sink_init(struct sink *sink, const char *file)
{
	*sink = (struct sink){.fd = -1, .file = strdup(file)};
	if (!sink->file)
		return false;
	(void)make_folder(file);
	return true;
}

void sink_clear(struct sink *sink)
{
	free(sink->file);
	close_owned(&sink->fd);
	*sink = (struct sink){.fd = -1};
}

/* A file is opened for reading, too, since its last byte shows whether its last
 * line is whole. A FIFO isn't, since we would then be a reader of it. */
static void open_file(struct sink *sink)
{
	enum {
		/* O_NONBLOCK: a FIFO without a reader must not hold us. */
		FLAGS = O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	};
	char path[PROCFS_PATH];
	struct stat st;
	int both;

	sink->readable = false;
	sink->torn = false;
	sink->fd = open(sink->file, O_WRONLY | O_CREAT | FLAGS, 0640);
	if (sink->fd < 0 || fstat(sink->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	both = open(procfs_fd_path(sink->fd, path), O_RDWR | FLAGS);
	if (both < 0)
		return;
	(void)close(sink->fd);
	sink->fd = both;
	sink->readable = true;
}

/* Open the file that has the name now; logrotate may have moved ours. */
static void follow_file(struct sink *sink)
{
	struct stat named;
	struct stat ours;

	if (sink->fd >= 0 && stat(sink->file, &named) == 0 &&
	    fstat(sink->fd, &ours) == 0 && named.st_ino == ours.st_ino &&
	    named.st_dev == ours.st_dev)
		return;
	close_owned(&sink->fd);
	open_file(sink);
}

/* True if its last line has no end: we or another supervisor found the disk
 * full, or were killed, or the machine crashed. */
static bool ends_in_half(const struct sink *sink)
{
	struct stat st;
	char last = '\n';

	if (!sink->readable || fstat(sink->fd, &st) < 0)
		return sink->torn;
	return st.st_size > 0 &&
	       pread(sink->fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

/* Write in one call, which O_APPEND keeps in one piece among all writers. */
static bool append(struct sink *sink, const struct iovec *pieces, int count)
{
	size_t wanted = 0;
	ssize_t n;

	for (int i = 0; i < count; i++)
		wanted += pieces[i].iov_len;
	do
		n = writev(sink->fd, pieces, count);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)wanted) {
		sink->torn = false;
		return true;
	}
	/* The first piece ends the previous line. */
	if (n > 0)
		sink->torn = (size_t)n > pieces[0].iov_len;
	return false;
}

bool sink_write(struct sink *sink, char *line, size_t len, uint64_t lost)
{
	char end[EVENT_END_MAX] = "}}\n";
	char newline = '\n';
	struct iovec pieces[3];

	follow_file(sink);
	if (sink->fd < 0 || len < EVENT_END)
		return false;
	if (lost)
		event_end_lost(lost, end);
	pieces[0] = (struct iovec){&newline, ends_in_half(sink)};
	pieces[1] = (struct iovec){line, len - EVENT_END};
	pieces[2] = (struct iovec){end, strlen(end)};
	return append(sink, pieces, ARRAY_LEN(pieces));
}
