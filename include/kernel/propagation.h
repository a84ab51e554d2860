/*
 * propagation - recognizes a mount in a container that the host made below the
 * source of one of the container's binds, and that the kernel copied there. It
 * only compares tables (mountinfo.h), and makes no system call.
 *
 * A copy is recognized by the group that it gets mounts from ("master:"): the
 * peer group of the host's mount, or the master of that mount if it is such a
 * copy, too. A bind of a copy, which a container with CAP_SYS_ADMIN can make,
 * has the same group, and a copy can be moved. So all of this has to be the
 * same as well: the file system, the folder of it that is shown, and the folder
 * that it is mounted on; and the mount that has that folder is such a copy
 * itself, or the bind. A mount for which all of this holds shows what the host
 * has at that place, whoever mounted it.
 *
 * A group's number can be used again: so the two tables are of one moment, and
 * the copy is held open, which keeps its file system's number.
 */
#pragma once

#include "mountinfo.h"

/* A mount of the baseline, as it was then. */
struct propagation_bind {
	int id;
	uint64_t device;
	char *root;
	char *point;
};

struct propagation {
	size_t bind; /* index of the bind that it lies below */
	/* The host mounted it read-only, it still is, and no other mount of
	 * the container's shows any of it writable. */
	bool read_only;
};

/* True if the mount is such a copy; *ret is set then. */
bool propagation_trace(const struct mountinfo *container,
		       const struct mountinfo *host,
		       const struct propagation_bind *binds, size_t count,
		       const struct mountinfo_line *mount,
		       struct propagation *ret);

/* The mount shows the folder path of the host's, or a part of it. */
bool propagation_shows(const struct mountinfo *host,
		       const struct mountinfo_line *mount, const char *path);
