#include "tracer.h"

#include "follow.h"
#include "held.h"
#include "lineage.h"
#include "proof.h"
#include "report.h"
#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct tracer {
	const struct judge *judge;
	struct resolver *resolver;
	struct journal *journal;
	struct held_table held;
	struct job *jobs; /* under way, linked by peer */
	struct inspection inspection;
};

int tracer_new(const struct judge *judge, struct resolver *resolver,
	       struct journal *journal, struct tracer **ret, struct err *e)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));

	if (!tracer)
		return err_set(e, ENOMEM, "start the tracer");
	tracer->judge = judge;
	tracer->resolver = resolver;
	tracer->journal = journal;
	*ret = tracer;
	return proof_start(e);
}

bool tracer_busy(const struct tracer *tracer)
{
	return tracer->held.count || tracer->jobs;
}

static void remember_job(struct tracer *tracer, struct job *job)
{
	job->peer = tracer->jobs;
	tracer->jobs = job;
	if (job->listener)
		job->listener->jobs++;
}

static void forget_job(struct tracer *tracer, struct job *job)
{
	struct job **at = &tracer->jobs;

	while (*at && *at != job)
		at = &(*at)->peer;
	if (*at)
		*at = job->peer;
	if (job->listener)
		job->listener->jobs--;
}

static void submit(struct tracer *tracer, enum job_kind kind, pid_t tid,
		   const struct notification *n, struct listener *listener,
		   int fd)
{
	struct job *job = calloc(1, sizeof(*job));
	struct held *held;

	if (!job) {
		/* Fail closed: no memory, no judgement. */
		if (kind == JOB_REQUEST)
			(void)notify_deny(listener->fd, n->id, EACCES);
		else
			proof_kill(tid);
		return;
	}
	job->kind = kind;
	job->fd = fd;
	job->tid = tid;
	if (n)
		job->notification = *n;
	job->listener = listener;
	job->deadline_ms = held_now_ms() + TRACER_DEADLINE_MS;
	remember_job(tracer, job);
	held = kind != JOB_REQUEST ? held_find(&tracer->held, tid) : NULL;
	if (held) {
		held->job = job;
		job->reported = held->reported;
	}
	resolver_submit(tracer->resolver, job);
}

/* An event of what no judgement says; told from this thread, so without what
 * may wait for the process. */
static void report(struct tracer *tracer, enum action action,
		   enum reason reason, pid_t tid, const struct notification *n)
{
	struct inspection *inspection = &tracer->inspection;
	size_t len;
	char *line;

	inspection->facts.count = 0;
	inspection->decision = (struct decision){
		.reason = reason,
		.allow_rule = -1,
		.flagged = action == ACTION_EXEC_FLAGGED,
	};
	line = report_judged(tracer->judge->container, tracer->journal, action,
			     tid, n ? notify_call_name(n->call) : NULL,
			     inspection, false, &len);
	if (line)
		journal_push(tracer->journal, line, len);
}

static void set_requested(struct tracer *tracer, const char *path)
{
	(void)snprintf(tracer->inspection.requested,
		       sizeof(tracer->inspection.requested), "%s",
		       path ? path : "");
}

/* There is no judgement to go by. Audit records that, and lets it run. */
static void refuse_unjudged(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, enum reason reason)
{
	bool library = call_maps(n->call);

	if (tracer->judge->container->config.mode == MODE_AUDIT) {
		report(tracer, ACTION_EXEC_FLAGGED, reason, n->tid, n);
		(void)notify_continue(listener->fd, n->id);
		return;
	}
	report(tracer, library ? ACTION_LIBRARY_BLOCKED : ACTION_EXEC_BLOCKED,
	       reason, n->tid, n);
	(void)notify_deny(listener->fd, n->id, EACCES);
}

#ifdef RUNMOOR_UNPROVEN
static void continue_proven(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, bool reported)
{
	(void)tracer;
	(void)reported;
	(void)held_put;
	(void)report;
	(void)notify_continue(listener->fd, n->id);
}
#else
static void refuse_unheld(struct tracer *tracer, struct listener *listener,
			  const struct notification *n, enum proof_seize seized)
{
	enum reason reason = REASON_UNRESOLVABLE;

	if (!notify_valid(listener->fd, n->id))
		return;
	if (seized == PROOF_TRACED)
		reason = REASON_TRACED;
	else if (seized == PROOF_TIMED_OUT)
		reason = REASON_TIMEOUT;
	refuse_unjudged(tracer, listener, n, reason);
}

/*
 * The request was found good. Hold the target, so that its exec stops before
 * the first new instruction, check that it is still this very call that we
 * answer, and let it go on.
 */
static void continue_proven(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, bool reported)
{
	enum proof_seize seized = proof_seize(n->tid);
	struct held *held;

	if (seized == PROOF_TRACED &&
	    tracer->judge->container->config.traced == PERMISSION_ALLOW) {
		(void)notify_continue(listener->fd, n->id);
		return;
	}
	if (seized != PROOF_SEIZED) {
		refuse_unheld(tracer, listener, n, seized);
		return;
	}
	held = held_put(&tracer->held, n->tid, HELD_CONTINUED);
	if (!held) {
		(void)notify_deny(listener->fd, n->id, EACCES);
		proof_interrupt(n->tid);
		return;
	}
	held->reported = reported;
	/* Seized may be another task by now, even one of the host: the old
	 * target dead, its number given anew. Then this isn't valid. */
	if (!notify_valid(listener->fd, n->id) ||
	    notify_continue(listener->fd, n->id) < 0) {
		held->state = HELD_LEAVING;
		proof_interrupt(n->tid);
	}
}
#endif

static void answer_allowed(struct tracer *tracer, struct listener *listener,
			   const struct notification *n, bool reported)
{
	if (n->check)
		(void)notify_succeed(listener->fd, n->id);
	else if (call_maps(n->call))
		(void)notify_continue(listener->fd, n->id);
	else
		continue_proven(tracer, listener, n, reported);
}

void tracer_notified(struct tracer *tracer, struct listener *listener)
{
	struct inspection *inspection = &tracer->inspection;
	struct notification n;
	enum outcome outcome;

	if (notify_receive(listener->fd, &n, NULL) < 0)
		return;
	outcome = judge_request(tracer->judge, &n, PACE_FAST, inspection);
	if (outcome == OUTCOME_ERROR)
		(void)notify_deny(listener->fd, n.id, inspection->error);
	else if (outcome == OUTCOME_PASS)
		(void)notify_continue(listener->fd, n.id);
	else if (outcome == OUTCOME_DECIDED &&
		 inspection->decision.verdict == VERDICT_ALLOW &&
		 inspection->decision.reason == REASON_NONE)
		answer_allowed(tracer, listener, &n, false);
	else /* A denial tells its story, which takes looking around. */
		submit(tracer, JOB_REQUEST, n.tid, &n, listener, -1);
}

static void finish_request(struct tracer *tracer, struct job *job)
{
	struct listener *listener = job->listener;
	bool reported = job->event != NULL;

	if (listener->gone || !notify_valid(listener->fd, job->notification.id))
		return;
	if (job->outcome == OUTCOME_PASS) {
		(void)notify_continue(listener->fd, job->notification.id);
		return;
	}
	if (job->outcome == OUTCOME_ERROR) {
		(void)notify_deny(listener->fd, job->notification.id,
				  job->error ? job->error : EACCES);
		return;
	}
	if (job->event)
		journal_push(tracer->journal, PTR_MOVE(job->event),
			     job->event_len);
	set_requested(tracer, job->requested);
	if (job->verdict == VERDICT_ALLOW)
		answer_allowed(tracer, listener, &job->notification, reported);
	else
		(void)notify_deny(listener->fd, job->notification.id, EACCES);
}

/* Proven: it is let run, until it has its script open where it is to be
 * followed. path: of its program, NULL where nobody asks. */
static void let_run(struct tracer *tracer, pid_t pid, const char *path,
		    struct follow *take_follow)
{
	struct held *held =
		take_follow ? held_put(&tracer->held, pid, HELD_FOLLOWED)
			    : NULL;

	if (tracer->judge->lineage && path)
		lineage_record(tracer->judge->lineage, pid, path);
	if (held) {
		free(held->follow);
		held->follow = take_follow;
		proof_step(pid, 0, false);
		return;
	}
	held_drop(&tracer->held, pid);
	if (take_follow) {
		free(take_follow);
		proof_kill(pid);
		return;
	}
	proof_release(pid, 0);
}

/* The script that it opened is one that it may run. */
static void let_read(struct tracer *tracer, pid_t tid)
{
	struct held *held = held_find(&tracer->held, tid);

	if (held && held->follow && !follow_allowed(held->follow)) {
		(void)held_put(&tracer->held, tid, HELD_FOLLOWED);
		proof_step(tid, 0, false);
		return;
	}
	held_drop(&tracer->held, tid);
	proof_release(tid, 0);
}

static void finish_loaded(struct tracer *tracer, struct job *job)
{
	struct held *held = held_find(&tracer->held, job->tid);

	/* The target may have died meanwhile, and its number be another's. */
	if (!held || held->job != job)
		return;
	held->job = NULL;
	if (job->event)
		journal_push(tracer->journal, PTR_MOVE(job->event),
			     job->event_len);
	if (job->verdict != VERDICT_ALLOW) {
		proof_kill(job->tid);
		return;
	}
	if (job->kind == JOB_OPENED)
		let_read(tracer, job->tid);
	else
		let_run(tracer, job->tid, job->program, PTR_MOVE(job->follow));
}

void tracer_finish_jobs(struct tracer *tracer)
{
	struct job *job;

	while ((job = resolver_done(tracer->resolver))) {
		if (job->kind == JOB_REQUEST)
			finish_request(tracer, job);
		else
			finish_loaded(tracer, job);
		forget_job(tracer, job);
		job_free(job);
	}
}

/* Another program runs now. */
static void forget_follow(struct tracer *tracer, pid_t tid)
{
	struct held *held = held_find(&tracer->held, tid);

	if (!held)
		return;
	free(held->follow);
	held->follow = NULL;
}

/* The exec succeeded: the proof. */
static void prove(struct tracer *tracer, const struct proof_stop *stop)
{
	struct inspection *inspection = &tracer->inspection;
	enum outcome outcome = OUTCOME_SLOW;

	/* A thread that executes takes its leader's number, and with it the
	 * leader's place here. */
	if (stop->former != stop->tid)
		held_drop(&tracer->held, stop->former);
	forget_follow(tracer, stop->tid);
	if (!tracer->judge->container->reads_may_block)
		outcome = judge_loaded(tracer->judge, stop->tid, PACE_FAST,
				       inspection);
	if (outcome == OUTCOME_DECIDED &&
	    inspection->decision.verdict == VERDICT_ALLOW &&
	    inspection->decision.reason == REASON_NONE &&
	    inspection->awaited.left == 0) {
		let_run(tracer, stop->tid, inspection->facts.files[0].path,
			NULL);
		return;
	}
	if (!held_put(&tracer->held, stop->tid, HELD_PROVING)) {
		proof_kill(stop->tid);
		return;
	}
	submit(tracer, JOB_LOADED, stop->tid, NULL, NULL, -1);
}

/*
 * A thread that executes takes over its leader's number. Between the stop of
 * the leader that we were told of and our letting it go, the number may have
 * become that of the new program, which would run unproven. So a target stays
 * stopped while another thread of its process is about to execute.
 */
static bool may_be_taken_over(const struct tracer *tracer, pid_t tid)
{
	for (size_t i = 0; i < HELD_BUCKETS; i++)
		for (struct held *h = tracer->held.bucket[i]; h; h = h->next)
			if (h->tid != tid && h->state == HELD_CONTINUED &&
			    target_same_process(tid, h->tid))
				return true;
	return false;
}

/* Tasks stop on their way back to user mode, where no exec is under way: it
 * failed, or will notify anew. Strangers came by CLONE_PTRACE. */
static void leave(struct tracer *tracer, pid_t tid, int signal)
{
	struct held *held = NULL;

	if (may_be_taken_over(tracer, tid))
		held = held_put(&tracer->held, tid, HELD_LEAVING);
	if (held) {
		held->parked = true;
		held->signal = signal;
		return;
	}
	held_drop(&tracer->held, tid);
	proof_release(tid, signal);
}

/*
 * A target that is followed is stopped at a system call. What it has open is
 * judged by a resolver: the target is stopped, alone with its descriptors
 * since its exec, so nothing changes meanwhile.
 */
static void follow(struct tracer *tracer, pid_t tid)
{
	struct held *held = held_find(&tracer->held, tid);
	int fd = -1;

	/* Its next exec failed, which it was let go on with. */
	if (!held || !held->follow) {
		leave(tracer, tid, 0);
		return;
	}
	if (follow_step(held->follow, tid, &fd) == FOLLOW_ON) {
		held->state = HELD_FOLLOWED;
		proof_step(tid, 0, false);
		return;
	}
	held->state = HELD_PROVING;
	submit(tracer, JOB_OPENED, tid, NULL, NULL, fd);
}

static void on_stop(struct tracer *tracer, const struct proof_stop *stop)
{
	const struct held *held = held_find(&tracer->held, stop->tid);

	if (held && held->follow)
		proof_step(stop->tid, stop->signal, stop->job_control);
	else
		leave(tracer, stop->tid, stop->signal);
}

void tracer_collect(struct tracer *tracer)
{
	struct proof_stop stop;

	for (;;) {
		proof_collect(&stop);
		switch (stop.what) {
		case PROOF_NOTHING:
			return;
		case PROOF_LOADED:
			prove(tracer, &stop);
			break;
		case PROOF_SYSCALL:
			follow(tracer, stop.tid);
			break;
		case PROOF_STOPPED:
			on_stop(tracer, &stop);
			break;
		case PROOF_ENDED:
			held_drop(&tracer->held, stop.tid);
			break;
		}
	}
}

/* Give a job up. Its thread may free it the moment it is abandoned. */
static void expire(struct tracer *tracer, struct job *job)
{
	const enum job_kind kind = job->kind;
	const struct notification n = job->notification;
	struct listener *listener = job->listener;
	const pid_t tid = job->tid;
	struct held *held =
		kind != JOB_REQUEST ? held_find(&tracer->held, tid) : NULL;
	bool proving = held && held->job == job;

	forget_job(tracer, job);
	if (!resolver_abandon(tracer->resolver, job)) {
		/* It has just been done, and comes the usual way. */
		remember_job(tracer, job);
		return;
	}
	set_requested(tracer, NULL);
	if (kind == JOB_REQUEST && !listener->gone &&
	    notify_valid(listener->fd, n.id))
		refuse_unjudged(tracer, listener, &n, REASON_TIMEOUT);
	if (proving) {
		held->job = NULL;
		report(tracer, ACTION_RACE_KILLED, REASON_TIMEOUT, tid, NULL);
		proof_kill(tid);
	}
}

/* Targets that wait for nothing any more: an exec that gave no event failed
 * in the kernel, and a parked one's sibling is done. */
static void sweep(struct tracer *tracer, struct held *held, int64_t now)
{
	if (held->state == HELD_FOLLOWED &&
	    held->since_ms + TRACER_DEADLINE_MS < now) {
		/* It runs, and has not opened what it was told to. */
		held->since_ms = now;
		report(tracer, ACTION_RACE_KILLED, REASON_TIMEOUT, held->tid,
		       NULL);
		proof_kill(held->tid);
	} else if (held->state == HELD_CONTINUED &&
		   held->since_ms + TRACER_LINGER_MS < now) {
		held->state = HELD_LEAVING;
		proof_interrupt(held->tid);
	} else if (held->parked && !may_be_taken_over(tracer, held->tid)) {
		proof_release(held->tid, held->signal);
		held_drop(&tracer->held, held->tid);
	}
}

void tracer_tick(struct tracer *tracer)
{
	int64_t now = held_now_ms();
	struct job *next_job;
	struct held *next;

	for (struct job *job = tracer->jobs; job; job = next_job) {
		next_job = job->peer;
		if (job->deadline_ms <= now)
			expire(tracer, job);
	}
	for (size_t i = 0; i < HELD_BUCKETS; i++)
		for (struct held *h = tracer->held.bucket[i]; h; h = next) {
			next = h->next;
			sweep(tracer, h, now);
		}
}

void tracer_end(struct tracer *tracer)
{
	for (struct job *job = tracer->jobs; job; job = job->peer)
		if (job->kind == JOB_REQUEST)
			(void)notify_deny(job->listener->fd,
					  job->notification.id, EACCES);
}
