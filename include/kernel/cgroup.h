/*
 * cgroup - the control groups that a task is in. Source: cgroups(7),
 * /proc/PID/cgroup.
 */
#pragma once

#include "err.h"

#include <stddef.h>

enum { CGROUP_TEXT_MAX = 64 * 1024 };

/*
 * A cgroup's path in a hierarchy, within text, which is a task's
 * /proc/PID/cgroup. controller: of version 1; "" is the hierarchy of version 2.
 * NULL: the task isn't in one.
 */
const char *cgroup_path(const char *text, const char *controller,
			size_t *ret_len);

/*
 * The folder of that cgroup, as this process sees the hierarchy mounted, and
 * *ret_mount, where it is mounted. Both are the caller's to free. ENOENT: the
 * hierarchy isn't mounted, or only a part of it that the cgroup isn't in.
 */
MUST_CHECK int cgroup_folder(const char *text, const char *controller,
			     char **ret_folder, char **ret_mount,
			     struct err *e);
