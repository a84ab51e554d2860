/*
 * tracer_internal - declarations that the parts of the tracer share: tracer.c
 * (its jobs and deadlines), tracer_request.c (from a notification to its
 * answer), tracer_target.c (from the answer to the proof).
 */
#pragma once

#include "held.h"
#include "inspection.h"
#include "tracer.h"

enum { LATE_MAX = 16 };

/* The answer to a request that ended before it was answered. */
struct late_answer {
	pid_t tid; /* 0: none */
	struct notification notification;
	struct answer answer;
	char *event; /* the event to queue with it; NULL: none */
	size_t event_len;
	char *requested;
	int64_t until_ms;
};

struct tracer {
	const struct judge *judge;
	struct resolver *resolver;
	struct journal *journal;
	struct held_table held;
	struct job *jobs;	      /* under way, linked by peer */
	struct inspection inspection; /* to work in */
	struct late_answer late[LATE_MAX];
	size_t late_next;
	char *home; /* mappers_cgroup of the first target; NULL: not known */
	bool home_asked;
};

/* A notification without its answer yet. */
struct request {
	struct listener *listener;
	struct notification n;
	const char *requested; /* the requested path; NULL: not known */
};

/* A judgement without a look at files: after a deadline, for a target that
 * can't be seized, without memory. */
struct unseen {
	enum stage stage;
	pid_t tid;
	const struct facts *facts;
	const struct request *request; /* NULL: the target is stopped */
};

/* Have a resolver judge it. fd: JOB_OPENED's. */
void tracer_submit_request(struct tracer *tracer,
			   const struct request *request);
void tracer_submit_target(struct tracer *tracer, struct held *held,
			  enum job_kind kind, int fd);

/* Decide it. This thread queues the event, so the event lacks the fields whose
 * reading may wait for the process. */
struct answer tracer_decide_unseen(const struct tracer *tracer,
				   const struct unseen *unseen);

/* Answer a notification, after a judgement of either pace. */
void tracer_answer(struct tracer *tracer, const struct request *request,
		   const struct answer *answer);

/* Decide in this way about a stopped target: it is released, or killed. */
void tracer_settle_unseen(struct tracer *tracer, enum stage stage,
			  const struct facts *facts, pid_t tid);

/* Call this when a job is finished. */
void tracer_finish_request(struct tracer *tracer, struct job *job);
void tracer_finish_target(struct tracer *tracer, struct job *job);

/* Check a held target whose time may be over. */
void tracer_sweep(struct tracer *tracer, struct held *held, int64_t now_ms);
