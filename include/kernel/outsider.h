/*
 * outsider - whether who traces a target is none of its container's. Sources:
 * proc_pid_status(5), cgroups(7).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * True only where that is certain: the tracer has no seccomp filter, which all
 * of a container have and nobody gets rid of; or it is in none of the cgroups
 * that the container began in. home: what mappers_cgroup says of the
 * container's first process, before it could do anything; NULL: not known.
 */
bool outsider_traces(pid_t tid, const char *home);

/* Compare two such texts: true outside of each cgroup of home that isn't a
 * root, where there is one. */
bool outsider_is(const char *text, const char *home);
