/*
 * bill - chooses the cgroup that is charged for a container's supervisor: one
 * beside its container's (policy cgroup), or that of the engine that created
 * it. The result is in the file "cgroup" of the container's folder: for moorctl
 * doctor, and for the command that cleans up after a killed supervisor.
 */
#pragma once

#include "charge.h"
#include "container.h"

#include <stdbool.h>
#include <sys/types.h>

/* The name of that file. */
#define BILL_RECORD "cgroup"

/* init: the container's first process, which is in its cgroup by now. The
 * caller calls charge_leave at the end, whatever the result. */
void bill_open(const struct container *container, const char *folder,
	       pid_t init, struct charge *charge);

/* Remove the cgroups that the record in folder names. They must be empty. */
void bill_close(const char *folder);

/* The reason why the container in folder isn't charged, for the caller to free;
 * NULL: it is, or needn't be, or that isn't known yet. */
char *bill_fallback(const char *folder);
