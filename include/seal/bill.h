/*
 * bill - on whose account a container's supervisor runs: that of its container
 * (policy cgroup), or of the engine that created it. What became of it is in
 * the file "cgroup" of the container's folder: for moorctl doctor, and for
 * whoever removes what a killed supervisor left.
 */
#pragma once

#include "charge.h"
#include "container.h"

#include <stdbool.h>
#include <sys/types.h>

/* The name of that file. */
#define BILL_RECORD "cgroup"

/* init: the container's first process, which is in its cgroup by now. charge is
 * to be left (charge_leave) at the end, whatever comes of it. */
void bill_open(const struct container *container, const char *folder,
	       pid_t init, struct charge *charge);

/* Remove the cgroups that the record in folder names. Nobody may be in them. */
void bill_close(const char *folder);

/* Why the container in folder isn't charged, the caller's to free; NULL: it is,
 * or needn't be, or nobody has said yet. */
char *bill_fallback(const char *folder);
