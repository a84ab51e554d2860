/*
 * procfs - the files that /proc has of a task, and of our own descriptors.
 * Source: proc(5). A task's number may belong to another task by the time that
 * a file is opened: the caller checks that.
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

/* Open a task's file as open(2) does, with O_CLOEXEC. */
MUST_CHECK int procfs_open(pid_t tid, const char *name, int flags);

/* Read a task's file as file_read() does. */
MUST_CHECK int procfs_read(pid_t tid, const char *name, size_t limit,
			   struct buffer *out, struct err *e);

/* The first number of a line of proc_pid_status(5), as of "TracerPid"; unknown
 * where the task is gone. */
long procfs_status_number(pid_t tid, const char *key, long unknown);
