/*
 * job - one judgement: inspect, decide, keep leases on mapped files, report,
 * and choose the answer. The tracer makes it, and a resolver's thread runs it.
 */
#pragma once

#include "answer.h"
#include "notify.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct digests;
struct follow;
struct inspection;
struct journal;
struct judge;
struct kept;
struct listener;

enum { JOB_WAITS_MAX = 2 * FILES_MAX };

enum job_kind { JOB_REQUEST, JOB_LOADED, JOB_OPENED };

/* The tracer and a thread share it; the last to release it frees it. */
struct job {
	struct job *next; /* the resolver's queues */
	struct job *peer; /* the tracer's list of jobs under way */
	enum job_kind kind;
	pid_t tid;
	struct notification notification; /* JOB_REQUEST */
	struct listener *listener;	  /* JOB_REQUEST: whose it is */
	int listener_fd; /* its number, which the thread may use after the
			    listener is freed */
	int64_t deadline_ms;
	int64_t asked_ms; /* JOB_REQUEST: whether its caller is still there */
	int fd;		  /* JOB_OPENED: of the target */
	bool reported; /* JOB_LOADED: an event has recorded that it is drift */
	/* These are under the resolver's lock: a thread has it; the tracer
	 * doesn't wait for it any more. */
	bool taken;
	int64_t taken_ms;
	bool stuck; /* it has kept its thread for long */
	bool abandoned;
	uint64_t waits; /* for a digest (digests.h), and in no thread; or 0 */
	/* All digests that it has waited for, to be settled once it is
	 * finished. */
	uint64_t waited[JOB_WAITS_MAX];
	size_t waited_count;
	/* The result. Zero refuses: without memory nothing is allowed. */
	struct answer answer;
	char *event; /* a line to queue before the answer; NULL: none */
	size_t event_len;
	char *requested;       /* the requested path, for a later event */
	char *program;	       /* JOB_LOADED: the path of the loaded program */
	struct follow *follow; /* JOB_LOADED: DEED_FOLLOW's */
};

enum stage job_stage(const struct job *job);

/* Any thread; may wait. inspection is the thread's own, to work in. False if it
 * is to be run again, when the digest that it waits for is known. */
bool job_run(struct job *job, const struct judge *judge, struct kept *kept,
	     struct journal *journal, struct inspection *inspection);

/* The job is finished: its digests needn't be kept for it any more. */
void job_settle(struct job *job, struct digests *digests);

void job_free(struct job *job);
