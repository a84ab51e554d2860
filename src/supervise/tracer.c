#include "tracer_internal.h"

#include "judge.h"
#include "proof.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ASK_MS = 500 };

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

/* Who is followed may run for ever without opening anything. */
bool tracer_ticks(const struct tracer *tracer)
{
	return tracer->held.count > tracer->held.followed || tracer->jobs;
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

/* No memory, no judgement. */
static void refuse_submission(struct tracer *tracer, enum job_kind kind,
			      pid_t tid, const struct notification *n,
			      struct listener *listener)
{
	const struct facts facts = {.unresolvable = true,
				    .proven = kind != JOB_REQUEST,
				    .maps = n && call_maps(n->call)};
	struct answer answer;

	if (kind != JOB_REQUEST) {
		tracer_settle_unseen(tracer,
				     kind == JOB_LOADED ? STAGE_LOADED
							: STAGE_OPENED,
				     &facts, tid);
		return;
	}
	answer = tracer_decide_unseen(tracer, judge_stage(n), &facts, tid, n);
	tracer_answer(tracer, listener, n, &answer);
}

void tracer_submit(struct tracer *tracer, enum job_kind kind, pid_t tid,
		   const struct notification *n, struct listener *listener,
		   int fd)
{
	struct job *job = calloc(1, sizeof(*job));
	struct held *held;

	if (!job) {
		refuse_submission(tracer, kind, tid, n, listener);
		return;
	}
	job->kind = kind;
	job->fd = fd;
	job->tid = tid;
	if (n)
		job->notification = *n;
	job->listener = listener;
	job->listener_fd = listener ? listener->fd : -1;
	job->asked_ms = held_now_ms();
	job->deadline_ms = job->asked_ms + TRACER_DEADLINE_MS;
	remember_job(tracer, job);
	held = kind != JOB_REQUEST ? held_find(&tracer->held, tid) : NULL;
	if (held) {
		held->job = job;
		job->reported = held->reported;
	}
	resolver_submit(tracer->resolver, job);
}

struct answer tracer_decide_unseen(struct tracer *tracer, enum stage stage,
				   const struct facts *facts, pid_t tid,
				   const struct notification *n)
{
	struct inspection *inspection = &tracer->inspection;
	const struct judged judged = {
		.stage = stage,
		.outcome = OUTCOME_DECIDED,
		.facts = &inspection->facts,
		.decision = &inspection->decision,
	};
	struct answer answer;
	char *line = NULL;
	size_t len = 0;

	judge_unseen(tracer->judge, facts, inspection);
	answer_choose(&judged, &answer);
	if (answer.tells)
		line = report_judged(tracer->judge->container, tracer->journal,
				     answer.action, tid,
				     n ? notify_call_name(n->call) : NULL,
				     inspection, false, &len);
	if (line)
		journal_push(tracer->journal, line, len);
	return answer;
}

void tracer_set_requested(struct tracer *tracer, const char *path)
{
	(void)snprintf(tracer->inspection.requested,
		       sizeof(tracer->inspection.requested), "%s",
		       path ? path : "");
}

void tracer_finish_jobs(struct tracer *tracer)
{
	struct job *job;

	while ((job = resolver_done(tracer->resolver))) {
		if (job->kind == JOB_REQUEST)
			tracer_finish_request(tracer, job);
		else
			tracer_finish_target(tracer, job);
		forget_job(tracer, job);
		job_free(job);
	}
}

static void expire_request(struct tracer *tracer, struct listener *listener,
			   const struct notification *n)
{
	const struct facts facts = {.timed_out = true,
				    .maps = call_maps(n->call)};
	struct answer answer;

	if (listener->gone || !notify_valid(listener->fd, n->id))
		return;
	answer =
		tracer_decide_unseen(tracer, judge_stage(n), &facts, n->tid, n);
	tracer_answer(tracer, listener, n, &answer);
}

/* Give a job up. Its thread may free it the moment it is abandoned. */
static void expire(struct tracer *tracer, struct job *job)
{
	static const struct facts late = {.proven = true, .timed_out = true};
	const enum job_kind kind = job->kind;
	const enum stage stage = job_stage(job);
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
	tracer_set_requested(tracer, NULL);
	if (kind == JOB_REQUEST)
		expire_request(tracer, listener, &n);
	if (proving) {
		held->job = NULL;
		tracer_settle_unseen(tracer, stage, &late, tid);
	}
}

/* Its caller was killed, or is signalled: then it has asked anew. */
static bool is_deserted(struct job *job, int64_t now)
{
	if (job->kind != JOB_REQUEST || now - job->asked_ms < ASK_MS)
		return false;
	job->asked_ms = now;
	return job->listener->gone ||
	       !notify_valid(job->listener->fd, job->notification.id);
}

void tracer_tick(struct tracer *tracer)
{
	int64_t now = held_now_ms();
	struct job *next_job;
	struct held *next;

	for (struct job *job = tracer->jobs; job; job = next_job) {
		next_job = job->peer;
		if (job->deadline_ms <= now || is_deserted(job, now))
			expire(tracer, job);
		else
			resolver_watch(tracer->resolver, job, now);
	}
	for (size_t i = 0; i < HELD_BUCKETS; i++)
		for (struct held *h = tracer->held.bucket[i]; h; h = next) {
			next = h->next;
			tracer_sweep(tracer, h, now);
		}
}

void tracer_end(struct tracer *tracer)
{
	for (struct job *job = tracer->jobs; job; job = job->peer)
		if (job->kind == JOB_REQUEST)
			(void)notify_deny(job->listener->fd,
					  job->notification.id, EACCES);
}
