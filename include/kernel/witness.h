/*
 * witness - look at a process and its ancestors, for an event.
 */
#pragma once

#include "process.h"

#include <stdbool.h>
#include <sys/types.h>

/* What can be read is; the rest stays absent. args: its arguments too, which
 * lie in its memory, so that reading them may wait for it. */
void witness_process(pid_t tid, bool args, struct process_info *ret);

/* The program that it runs, malloc'ed; NULL where that can't be seen. */
char *witness_executable(pid_t tid);

/* Which process a number means: with its birth it is never another's. */
struct birth {
	pid_t pid; /* thread group */
	pid_t parent;
	uint64_t ticks; /* since boot, proc_pid_stat(5) "starttime" */
};

/* Of the process of task tid. False where it is no more. */
bool witness_birth(pid_t tid, struct birth *ret);

/* Whether it is there and has not ended: no other has got its number, and it
 * doesn't only wait to be reaped. */
bool witness_lives(const struct birth *birth);

/* Nearest first, up to the container's first process (in its pid namespace
 * number 1) or ANCESTORS_MAX. Returns how many. */
size_t witness_ancestors(const struct process_info *process, bool args,
			 struct process_info ret[ANCESTORS_MAX]);
