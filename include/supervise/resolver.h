/*
 * resolver - threads that judge what may wait for a file system or for the
 * target's memory, so that the tracer never does. A job that takes too long
 * is abandoned: its thread is lost for as long as the container makes it, and
 * another takes its place, which it does soon after it seems to hang.
 */
#pragma once

#include "err.h"
#include "job.h"

#include <stdbool.h>

struct journal;
struct judge;
struct kept;
struct resolver;

/* wake: an eventfd that becomes readable when a job is done. */
MUST_CHECK int resolver_new(const struct judge *judge, struct kept *kept,
			    struct journal *journal, struct resolver **ret,
			    int *ret_wake, struct err *e);

/* Hand over a job (calloc'ed). It comes back by resolver_done unless it is
 * abandoned. */
void resolver_submit(struct resolver *resolver, struct job *take_job);

/* The next finished job, owned by the caller (job_free); NULL: none. */
struct job *resolver_done(struct resolver *resolver);

/* A job that has kept its thread for long hangs, most likely: hashing takes
 * none. Another thread takes its place. Called while job is under way. */
void resolver_watch(struct resolver *resolver, struct job *job, int64_t now_ms);

/* Don't wait for this one any more; it may not be touched afterwards. False
 * where it is done already, and comes by resolver_done. */
bool resolver_abandon(struct resolver *resolver, struct job *job);
