/* witness - reads the facts of a process and its ancestors, for an event. */
#pragma once

#include "process.h"

#include <stdbool.h>
#include <sys/types.h>

/* Read all facts that can be read; the rest stays absent. args: its arguments
 * too, which lie in its memory, so that reading them may wait for it. */
void witness_process(pid_t tid, bool args, struct process_info *ret);

/* The program that it runs, malloc'ed; NULL if that can't be seen. */
char *witness_executable(pid_t tid);

/* A process by its number and birth, which together no other process has. */
struct birth {
	pid_t pid; /* thread group */
	pid_t parent;
	uint64_t ticks; /* since boot, proc_pid_stat(5) "starttime" */
};

/* The birth of the process of task tid. False if it has ended. */
bool witness_birth(pid_t tid, struct birth *ret);

/* True if it exists and has not ended: no other process has its number, and it
 * isn't a zombie. */
bool witness_lives(const struct birth *birth);

/* Read the ancestors, nearest first, up to the container's first process
 * (number 1 in its pid namespace) or ANCESTORS_MAX. Returns their number. */
size_t witness_ancestors(const struct process_info *process, bool args,
			 struct process_info ret[ANCESTORS_MAX]);
