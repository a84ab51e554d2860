/*
 * kept - with libraries: strict, leases on mapped libraries, so that these
 * don't change after their judgement. The kernel holds writers off a running
 * program, not off a mapped library; so the lease under which it was judged is
 * kept for as long as a process maps it. A process that opens it for writing
 * then waits, while the processes that would run the new content are killed.
 */
#pragma once

#include "container.h"
#include "identity.h"
#include "journal.h"

#include <stdbool.h>
#include <sys/types.h>

struct kept;

/* A file that is about to be mapped. */
struct kept_file {
	int lease;  /* from lease_unwritten; taken */
	int merged; /* from lease_merged; taken    */
	struct identity identity;
	const char *path;
	const uint8_t *digest;
};

enum kept_outcome {
	KEPT,
	KEPT_WRITTEN, /* a process opens it for writing */
	KEPT_FULL,    /* too many are mapped           */
};

/* Both are borrowed. NULL: no memory. */
struct kept *kept_new(const struct container *container,
		      struct journal *journal);

/* End the thread; after the return no cgroup is frozen. */
void kept_end(struct kept *kept);

/* Keep the file for task tid, which maps it next. May be called by any
 * thread. */
enum kept_outcome kept_add(struct kept *kept, pid_t tid,
			   struct kept_file *take_file);
