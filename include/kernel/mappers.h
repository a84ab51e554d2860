/*
 * mappers - finds the processes that have a file mapped executable. Sources:
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

/* pidfd is the process, even if its number was used again. file: an index. */
typedef void mappers_visit(void *context, pid_t pid, int pidfd, size_t file);

/* The text of /proc/TID/cgroup, malloc'ed; NULL if it can't be read. */
char *mappers_cgroup(pid_t tid);

/* Compare two such texts: true if in each hierarchy it is the same cgroup, or
 * one below it. */
bool mappers_below(const char *text, const char *cgroup);

/* Visit every process in one of cgroups, or below it, that maps one of the
 * files, at most MAPPERS_FILES_MAX, once for each of them. It checks every
 * process of the machine: some 10 us, and as much for each mapping of those in
 * cgroups. */
MUST_CHECK int mappers_find(const struct mapped_file *files, size_t count,
			    char *const *cgroups, size_t cgroup_count,
			    mappers_visit *visit, void *context, struct err *e);
