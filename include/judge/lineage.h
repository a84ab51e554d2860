/*
 * lineage - the program that each process runs, as proven at its exec, for
 * exceptions that name one (allow[].process). /proc/PID/exe is only a claim of
 * the process: PR_SET_MM_MAP forges it. A process that forked without an exec
 * runs the program of its nearest proven ancestor, if /proc/PID/exe says so
 * too: that ancestor may not be the one that forked it.
 *
 * The memory is bounded: a forgotten process is not known any more, and an
 * exception that names a program doesn't match then. Shared by the tracer and
 * the resolvers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct lineage;

struct lineage *lineage_new(void); /* NULL: out of memory */

/* Process pid was proven to run path. */
void lineage_record(struct lineage *lineage, pid_t pid, const char *path);

/* The program of the process of task tid; false if it isn't known. */
bool lineage_find(struct lineage *lineage, pid_t tid, char *ret, size_t size);
