/*
 * mappers - which processes have a file mapped executable. Sources:
 * proc_pid_maps(5), proc_pid_map_files(5), cgroups(7).
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file, as stat sees it where it is mapped. */
struct mapped_file {
	uint64_t dev, ino;
};

enum { MAPPERS_FILES_MAX = 256 };

/* The process is at pidfd, whatever its number means by now. file: an index. */
typedef void mappers_visit(void *context, pid_t pid, int pidfd, size_t file);

/* What /proc/TID/cgroup says, malloc'ed; NULL where it can't be read. */
char *mappers_cgroup(pid_t tid);

/* By two such texts: in each hierarchy the same cgroup, or one below it. */
bool mappers_below(const char *text, const char *cgroup);

/*
 * Visit every process in one of cgroups, or below it, that maps one of the
 * files, at most MAPPERS_FILES_MAX, once for each of them. It takes a look at
 * every process of the machine: some 10 us, and as much for each mapping of
 * those in cgroups.
 */
MUST_CHECK int mappers_find(const struct mapped_file *files, size_t count,
			    char *const *cgroups, size_t cgroup_count,
			    mappers_visit *visit, void *context, struct err *e);
