/*
 * lineage - which program each process runs, as it was proven at its exec,
 * for exceptions that name one (allow[].process). /proc/PID/exe would be the
 * process's own word: PR_SET_MM_MAP forges it. A process that forked without
 * an exec runs what its nearest proven ancestor runs, where /proc/PID/exe says
 * so too: that may not be who forked it.
 *
 * Bounded: what falls out is not known any more, and an exception that names
 * a program doesn't match then. Shared by the tracer and the resolvers.
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
