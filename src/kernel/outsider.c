#include "outsider.h"

#include "err.h"
#include "mappers.h"
#include "procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STAT_MAX = 4096,
	NOT_KNOWN = -1,
	PF_EXITING = 0x4, /* linux/sched.h, as in proc_pid_stat(5) "flags" */
};

/* The start of the path in "4:memory:/a/b". */
static const char *path_in(const char *line)
{
	const char *first = strchr(line, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	return second ? second + 1 : NULL;
}

/* The line of the same hierarchy; its path, or NULL. */
static const char *same_hierarchy(const char *text, const char *line,
				  size_t prefix)
{
	while (*text) {
		if (strncmp(text, line, prefix) == 0)
			return text + prefix;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return NULL;
}

static bool is_at_or_below(const char *path, const char *cgroup, size_t len)
{
	return strncmp(path, cgroup, len) == 0 &&
	       (path[len] == '/' || path[len] == '\n' || path[len] == '\0');
}

bool outsider_is(const char *text, const char *home)
{
	bool outside = false;

	while (*home) {
		const size_t line = strcspn(home, "\n");
		const char *cgroup = path_in(home);
		const char *path;
		size_t len;

		if (!cgroup || cgroup > home + line)
			return false;
		len = (size_t)(home + line - cgroup);
		if (len > 1) {
			path = same_hierarchy(text, home,
					      (size_t)(cgroup - home));
			if (!path || is_at_or_below(path, cgroup, len))
				return false;
			outside = true;
		}
		home += line;
		home += *home == '\n';
	}
	return outside;
}

/* A task that ends is shown in the root of each hierarchy of version 1 from
 * PF_EXITING on, and is a tracer for some time after that. The flag is never
 * cleared, so everything that was read before it was seen clear is true. */
static bool is_ending(pid_t pid)
{
	struct buffer stat = BUFFER_INIT;
	const char *at = NULL;
	unsigned flags = 0;
	char state = 'X';
	bool known;

	if (procfs_read(pid, "stat", STAT_MAX, &stat, NULL) == 0)
		at = strrchr(stat.data, ')');
	known = at &&
		sscanf(at, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) == 2;
	buffer_clear(&stat);
	return !known || (flags & PF_EXITING) || state == 'Z' || state == 'X';
}

bool outsider_traces(pid_t tid, const char *home)
{
	const pid_t tracer =
		(pid_t)procfs_status_number(tid, "TracerPid", NOT_KNOWN);
	OWNED(free_owned) char *cgroup = NULL;
	bool outside;

	if (tracer <= 0)
		return false;
	cgroup = mappers_cgroup(tracer);
	outside = procfs_status_number(tracer, "Seccomp", NOT_KNOWN) == 0 ||
		  (home && cgroup && outsider_is(cgroup, home));
	/* Still the same tracer: the number didn't become another task's
	 * meanwhile. */
	return outside && !is_ending(tracer) &&
	       procfs_status_number(tid, "TracerPid", NOT_KNOWN) == tracer;
}
