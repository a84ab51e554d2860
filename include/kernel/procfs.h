/*
 * procfs - the files that /proc has of a task, and of our own descriptors.
 * Source: proc(5). A task's number may be another's by the time that a file is
 * opened; whoever asks looks whether it is the same still.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <sys/types.h>

enum {
	PROCFS_PATH = 96,
	PROCFS_STATUS_MAX = 1024 * 1024, /* 65,536 groups fit */
};

/* Fill ret with "/proc/TID/name", and return it; what is too long is cut. */
const char *procfs_path(pid_t tid, const char *name, char ret[PROCFS_PATH]);

/* The same with "/proc/self/fd/FD", by which an open file is opened again. */
const char *procfs_fd_path(int fd, char ret[PROCFS_PATH]);

/* As open(2), with O_CLOEXEC. */
MUST_CHECK int procfs_open(pid_t tid, const char *name, int flags);

/* As file_read(). */
MUST_CHECK int procfs_read(pid_t tid, const char *name, size_t limit,
			   struct buffer *out, struct err *e);

/* The first number of a line of proc_pid_status(5), as of "TracerPid"; unknown
 * where the task is gone. */
long procfs_status_number(pid_t tid, const char *key, long unknown);
