/*
 * tracer_internal - what the parts of the tracer share: tracer.c (its jobs
 * and deadlines), tracer_request.c (from a notification to its answer),
 * tracer_target.c (from the answer to the proof).
 */
#pragma once

#include "event.h"
#include "held.h"
#include "tracer.h"

struct tracer {
	const struct judge *judge;
	struct resolver *resolver;
	struct journal *journal;
	struct held_table held;
	struct job *jobs; /* under way, linked by peer */
	struct inspection inspection;
};

/* Have a resolver judge it. n and listener: JOB_REQUEST. fd: JOB_OPENED. */
void tracer_submit(struct tracer *tracer, enum job_kind kind, pid_t tid,
		   const struct notification *n, struct listener *listener,
		   int fd);

/* An event of what no judgement says; told from this thread, so without what
 * may wait for the process. */
void tracer_report(struct tracer *tracer, enum action action,
		   enum reason reason, pid_t tid, const struct notification *n);

/* The path that the next such event tells, or NULL. */
void tracer_set_requested(struct tracer *tracer, const char *path);

/* There is no judgement to go by. Audit records that, and lets it run. */
void tracer_refuse_unjudged(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, enum reason reason);

/* A job came back. */
void tracer_finish_request(struct tracer *tracer, struct job *job);
void tracer_finish_target(struct tracer *tracer, struct job *job);

/* Look at a held target whose time may be over. */
void tracer_sweep(struct tracer *tracer, struct held *held, int64_t now_ms);
