#include "procfs.h"

#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

const char *procfs_path(pid_t tid, const char *name, char ret[PROCFS_PATH])
{
	(void)snprintf(ret, PROCFS_PATH, "/proc/%d/%s", tid, name);
	return ret;
}

const char *procfs_fd_path(int fd, char ret[PROCFS_PATH])
{
	(void)snprintf(ret, PROCFS_PATH, "/proc/self/fd/%d", fd);
	return ret;
}

int procfs_open(pid_t tid, const char *name, int flags)
{
	char path[PROCFS_PATH];

	return open(procfs_path(tid, name, path), flags | O_CLOEXEC);
}

int procfs_read(pid_t tid, const char *name, size_t limit, struct buffer *out,
		struct err *e)
{
	char path[PROCFS_PATH];

	return file_read(AT_FDCWD, procfs_path(tid, name, path), limit, out, e);
}

long procfs_status_number(pid_t tid, const char *key, long unknown)
{
	OWNED(buffer_clear) struct buffer status = BUFFER_INIT;
	const char *at = NULL;
	char line[32];

	(void)snprintf(line, sizeof(line), "\n%s:\t", key);
	if (procfs_read(tid, "status", PROCFS_STATUS_MAX, &status, NULL) == 0 &&
	    status.data)
		at = strstr(status.data, line);
	return at ? strtol(at + strlen(line), NULL, 10) : unknown;
}
