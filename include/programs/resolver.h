/*
 * resolver - threads that judge what may wait for a file system or for the
 * target's memory, so that the tracer never does. A job that takes too long
 * is abandoned: its thread is lost for as long as the container makes it, and
 * another takes its place.
 */
#pragma once

#include "err.h"
#include "judge.h"
#include "notify.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct follow;
struct journal;
struct listener;

enum job_kind { JOB_REQUEST, JOB_LOADED, JOB_OPENED };

/* Held by the tracer and by a thread; the second to let go frees it. */
struct job {
	struct job *next; /* the resolver's queues */
	struct job *peer; /* the tracer's list of what is under way */
	enum job_kind kind;
	pid_t tid;
	struct notification notification; /* JOB_REQUEST */
	struct listener *listener;	  /* JOB_REQUEST: whose it is */
	int listener_fd; /* its number, for who may outlive it */
	int64_t deadline_ms;
	int fd;	       /* JOB_OPENED: of the target */
	bool reported; /* JOB_LOADED: an event told of it already */
	/* Under the resolver's lock: a thread has it; the tracer doesn't wait
	 * for it any more. */
	bool taken;
	bool abandoned;
	/* The result. */
	enum outcome outcome;
	enum verdict verdict;
	int error;
	char *event; /* a line to queue before the answer; NULL: none */
	size_t event_len;
	char *requested;       /* the path asked for, for a later event */
	char *program;	       /* JOB_LOADED: the path of what was loaded */
	struct follow *follow; /* JOB_LOADED: what to follow it for; or NULL */
};

struct resolver;

/* wake: an eventfd that becomes readable when a job is done. */
MUST_CHECK int resolver_new(const struct judge *judge, struct journal *journal,
			    struct resolver **ret, int *ret_wake,
			    struct err *e);

/* Hand over a job (calloc'ed). It comes back by resolver_done unless it is
 * abandoned. */
void resolver_submit(struct resolver *resolver, struct job *take_job);

/* The next finished job, owned by the caller (job_free); NULL: none. */
struct job *resolver_done(struct resolver *resolver);

/* Don't wait for this one any more; it may not be touched afterwards. False
 * where it is done already, and comes by resolver_done. */
bool resolver_abandon(struct resolver *resolver, struct job *job);

void job_free(struct job *job);
