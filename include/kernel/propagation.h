/*
 * propagation - whether a mount that a container sees is one that the host has
 * mounted below the source of one of the container's binds, and that the kernel
 * copied there. Only compares tables (mountinfo.h); asks the kernel nothing.
 *
 * A copy is told by what it gets mounts from ("master:"), which is the peer
 * group of the host's mount, or that one's own master where the host's is
 * such a copy, too. A bind of it, which a container with CAP_SYS_ADMIN makes,
 * keeps that, and one can be moved. So all of this has to be the same: the file
 * system, the folder of it that is shown, and the folder that it is mounted on;
 * and the mount that has that folder is such a copy itself, or the bind. What
 * passes shows what the host has at that place, whoever mounted it.
 *
 * A group's number is used again: the two tables are of one moment, and the
 * copy is held open, which keeps its file system's number.
 */
#pragma once

#include "mountinfo.h"

/* A mount that a container was started with, as it was then. */
struct propagation_bind {
	int id;
	uint64_t device;
	char *root;
	char *point;
};

struct propagation {
	size_t bind; /* index of the one that it lies below */
	/* The host mounted it read-only, it still is, and no other mount of
	 * the container's shows any of it writable. */
	bool read_only;
};

/* Whether the mount got there so; *ret is set where it did. */
bool propagation_trace(const struct mountinfo *container,
		       const struct mountinfo *host,
		       const struct propagation_bind *binds, size_t count,
		       const struct mountinfo_line *mount,
		       struct propagation *ret);

/* The mount shows the folder path of the host's, or a part of it. */
bool propagation_shows(const struct mountinfo *host,
		       const struct mountinfo_line *mount, const char *path);
