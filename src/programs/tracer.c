#include "tracer.h"

#include "lineage.h"
#include "proof.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BUCKETS = 256 };

/* A target that we hold. notified isn't a state of it: until it is seized,
 * there is nothing to remember. */
enum state {
	STATE_CONTINUED, /* its exec was let go on                        */
	STATE_PROVING,	 /* stopped at its exec, a resolver looks         */
	STATE_LEAVING,	 /* its exec failed; it stops, and is let go      */
};

struct held {
	struct held *next;
	pid_t tid;
	enum state state;
	int64_t since_ms;
	bool reported;	 /* an event has told of this exec already   */
	struct job *job; /* STATE_PROVING; owned by the resolver     */
};

struct tracer {
	const struct judge *judge;
	struct resolver *resolver;
	struct journal *journal;
	struct held *held[BUCKETS];
	size_t held_count;
	struct job *jobs; /* under way, linked by peer */
	struct inspection inspection;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

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
	return tracer->held_count || tracer->jobs;
}

static struct held **find_held(struct tracer *tracer, pid_t tid)
{
	struct held **at = &tracer->held[(unsigned)tid % BUCKETS];

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	return at;
}

/* The entry of tid, made if need be; NULL: out of memory. */
static struct held *hold(struct tracer *tracer, pid_t tid, enum state state)
{
	struct held **at = find_held(tracer, tid);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return NULL;
		(*at)->tid = tid;
		tracer->held_count++;
	}
	(*at)->state = state;
	(*at)->since_ms = now_ms();
	return *at;
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

static void let_go(struct tracer *tracer, pid_t tid)
{
	struct held **at = find_held(tracer, tid);
	struct held *held = *at;

	if (!held)
		return;
	*at = held->next;
	tracer->held_count--;
	free(held);
}

static void submit(struct tracer *tracer, enum job_kind kind, pid_t tid,
		   const struct notification *n, struct listener *listener)
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
	job->tid = tid;
	if (n)
		job->notification = *n;
	job->listener = listener;
	job->deadline_ms = now_ms() + TRACER_DEADLINE_MS;
	remember_job(tracer, job);
	held = kind == JOB_LOADED ? *find_held(tracer, tid) : NULL;
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
	bool library = n->call == CALL_MMAP;

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
	(void)hold;
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
	held = hold(tracer, n->tid, STATE_CONTINUED);
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
		held->state = STATE_LEAVING;
		proof_interrupt(n->tid);
	}
}
#endif

static void answer_allowed(struct tracer *tracer, struct listener *listener,
			   const struct notification *n, bool reported)
{
	if (n->call == CALL_MMAP)
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
	proof_watch();
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
		submit(tracer, JOB_REQUEST, n.tid, &n, listener);
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

/* Proven: it is let run. path: of its program, NULL where nobody asks. */
static void let_run(struct tracer *tracer, pid_t pid, const char *path)
{
	if (tracer->judge->lineage && path)
		lineage_record(tracer->judge->lineage, pid, path);
	let_go(tracer, pid);
	proof_release(pid, 0);
}

static void finish_loaded(struct tracer *tracer, struct job *job)
{
	struct held *held = *find_held(tracer, job->tid);

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
	let_run(tracer, job->tid, job->program);
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

/* The exec succeeded: the proof. */
static void prove(struct tracer *tracer, const struct proof_stop *stop)
{
	struct inspection *inspection = &tracer->inspection;
	enum outcome outcome;

	/* A thread that executes takes its leader's number, and with it the
	 * leader's place here. */
	if (stop->former != stop->tid)
		let_go(tracer, stop->former);
	outcome = judge_loaded(tracer->judge, stop->tid, PACE_FAST, inspection);
	if (outcome == OUTCOME_DECIDED &&
	    inspection->decision.verdict == VERDICT_ALLOW &&
	    inspection->decision.reason == REASON_NONE) {
		let_run(tracer, stop->tid, inspection->facts.files[0].path);
		return;
	}
	if (!hold(tracer, stop->tid, STATE_PROVING)) {
		proof_kill(stop->tid);
		return;
	}
	submit(tracer, JOB_LOADED, stop->tid, NULL, NULL);
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
		case PROOF_STOPPED:
			/* Tasks stop on their way back to user mode, where no
			 * exec is under way: it failed, or will notify anew.
			 * Strangers came by CLONE_PTRACE. */
			let_go(tracer, stop.tid);
			proof_release(stop.tid, stop.signal);
			break;
		case PROOF_ENDED:
			let_go(tracer, stop.tid);
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
	struct held *held = kind == JOB_LOADED ? *find_held(tracer, tid) : NULL;
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

void tracer_tick(struct tracer *tracer)
{
	int64_t now = now_ms();
	struct job *next;

	for (struct job *job = tracer->jobs; job; job = next) {
		next = job->peer;
		if (job->deadline_ms <= now)
			expire(tracer, job);
	}
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct held *h = tracer->held[i]; h; h = h->next)
			if (h->state == STATE_CONTINUED &&
			    h->since_ms + TRACER_LINGER_MS < now) {
				h->state = STATE_LEAVING;
				proof_interrupt(h->tid);
			}
}

void tracer_end(struct tracer *tracer)
{
	for (struct job *job = tracer->jobs; job; job = job->peer)
		if (job->kind == JOB_REQUEST)
			(void)notify_deny(job->listener->fd,
					  job->notification.id, EACCES);
}
