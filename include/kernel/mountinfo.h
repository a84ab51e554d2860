/*
 * mountinfo - the mounts that a process sees, as they were at one moment.
 * Source: proc_pid_mountinfo(5); Documentation/filesystems/sharedsubtree.rst.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One mount. The strings are the table's. */
struct mountinfo_line {
	int id; /* used again once the mount is gone */
	int parent;
	uint64_t device;   /* major << 32 | minor, of the file system */
	const char *root;  /* the folder of it that is shown */
	const char *point; /* in the root of the table's process */
	const char
		*source; /* a device, a server's folder, any word; NULL: none */
	const char *type;    /* of the file system; NULL: none */
	const char *options; /* the file system's own; NULL: none */
	unsigned shared;     /* peer group; 0: none */
	unsigned master;     /* peer group that it gets mounts from; 0: none */
	bool read_only;	     /* the mount, or its file system */
};

struct mountinfo {
	struct libmnt_table *table;
	struct mountinfo_line *lines;
	size_t count;
	int fd; /* the open file, for changes; -1: none */
};

#define MOUNTINFO_INIT                                                         \
	{                                                                      \
		.fd = -1                                                       \
	}

/* The mounts that the task tid sees; 0: this process. EFBIG if the text has
 * more than limit bytes. */
MUST_CHECK int mountinfo_read(pid_t tid, size_t limit, struct mountinfo *ret,
			      struct err *e);

/* The same from the text of such a file, which stays as it is. */
MUST_CHECK int mountinfo_parse(char *text, size_t len, struct mountinfo *ret,
			       struct err *e);
void mountinfo_clear(struct mountinfo *info);

/* True if nothing was mounted, moved or unmounted in that namespace since the
 * reading began. */
bool mountinfo_stands(const struct mountinfo *info);

/* A copy of the value of an option of the file system, malloc'ed; NULL: it
 * hasn't that option, or the option has no value. */
char *mountinfo_copy_value(const struct mountinfo_line *line, const char *name);
bool mountinfo_has_option(const struct mountinfo_line *line, const char *name);

/* The mount that hides all others at that point, borrowed; NULL: none is
 * mounted there. */
const struct mountinfo_line *mountinfo_at(const struct mountinfo *info,
					  const char *point);

/* The mount of this number, borrowed; NULL: it isn't among them. */
const struct mountinfo_line *mountinfo_find(const struct mountinfo *info,
					    int id);
