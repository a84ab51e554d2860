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

/* Nearest first, up to the container's first process (in its pid namespace
 * number 1) or ANCESTORS_MAX. Returns how many. */
size_t witness_ancestors(const struct process_info *process, bool args,
			 struct process_info ret[ANCESTORS_MAX]);
