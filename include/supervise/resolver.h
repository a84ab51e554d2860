/*
 * resolver - threads for judgements that may wait for a file system or for the
 * target's memory, so that the tracer never does. A job that takes too long is
 * abandoned: its thread is lost for as long as the container blocks it. Another
 * thread takes its place soon after it seems to hang.
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

/* A job that has had its thread for long probably hangs, since hashing needs
 * none. Another thread takes its place. Called while job is under way. */
void resolver_watch(struct resolver *resolver, struct job *job, int64_t now_ms);

/* Abandon a job, which may not be used afterwards. False if it is done already,
 * and comes by resolver_done. */
bool resolver_abandon(struct resolver *resolver, struct job *job);
