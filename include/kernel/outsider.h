/*
 * outsider - recognizes a tracer that is outside of its target's container.
 * Sources: proc_pid_status(5), cgroups(7).
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* True only if that is certain: the tracer has no seccomp filter, which every
 * process of a container has and none can remove; or it is in none of the
 * cgroups that the container began in. home: mappers_cgroup of the container's
 * first process, before it could do anything; NULL: not known. */
bool outsider_traces(pid_t tid, const char *home);

/* Compare two such texts: true if there is a cgroup in home that isn't a root,
 * and text is outside of each of these. */
bool outsider_is(const char *text, const char *home);
