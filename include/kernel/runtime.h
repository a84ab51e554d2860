/*
 * runtime - the real runtime: find it, become it, or run it and wait.
 */
#pragma once

#include "err.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* The program to run, an absolute path the caller frees. name: a path, a name
 * to look up on PATH, or NULL for the first of runc and crun. Never our own
 * program: a link to runmoor on PATH is passed over. ENOENT: the error says
 * where it was searched. */
MUST_CHECK int runtime_find(const char *name, char **ret_path, struct err *e);

/* Replace this process. Returns only on failure. */
int runtime_become(const char *path, char *const argv[], struct err *e);

struct runtime {
	pid_t pid;
	int pidfd;
};

/* Start it as a child that dies with us; it has our descriptors, terminal and
 * process group. Signals that we get from now on are passed to it. */
MUST_CHECK int runtime_start(const char *path, char *const argv[],
			     struct runtime *ret, struct err *e);

/* Wait for its end, or until wake (a descriptor, -1: none) is readable;
 * *ret_ended is true for its end. *ret_status: its exit status, 128 + n for
 * signal n. */
MUST_CHECK int runtime_wait(struct runtime *runtime, int wake, bool *ret_ended,
			    int *ret_status, struct err *e);

/* The folder of this program, where the others of its installation are. */
MUST_CHECK int runtime_own_folder(char ret[PATH_MAX], struct err *e);
