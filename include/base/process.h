/*
 * process - the facts of a process from proc(5), as events have them. Strings
 * are owned and may hold any byte. Absent: NULL, -1.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PROCESS_ARGS_MAX = 4096, ANCESTORS_MAX = 8 };

struct process_info {
	int64_t pid;		/* thread group, in our pid namespace */
	int64_t pid_namespaced; /* the same, in the container's       */
	int64_t thread;
	int64_t parent;
	int64_t uid, gid; /* real, as the host numbers them */
	char *executable;
	char *cwd;
	char *name;	 /* comm */
	char *args;	 /* as /proc/PID/cmdline: NUL-separated */
	size_t args_len; /* at most PROCESS_ARGS_MAX */
};

void process_info_clear(struct process_info *process);
