#include "tracer_internal.h"

#include "digests.h"
#include "judge.h"
#include "judge_open.h"
#include "proof.h"
#include "report.h"

#include <errno.h>
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

/* A followed target may run forever without opening anything. */
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

static struct job *new_job(enum job_kind kind, pid_t tid)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->kind = kind;
	job->tid = tid;
	job->fd = -1;
	job->listener_fd = -1;
	job->asked_ms = held_now_ms();
	job->deadline_ms = job->asked_ms + TRACER_DEADLINE_MS;
	return job;
}

static void submit(struct tracer *tracer, struct job *job)
{
	remember_job(tracer, job);
	resolver_submit(tracer->resolver, job);
}

void tracer_submit_request(struct tracer *tracer, const struct request *request)
{
	const struct notification *n = &request->n;
	struct job *job = new_job(JOB_REQUEST, n->tid);
	const struct facts no_memory = {.unresolvable = true,
					.maps = call_maps(n->call)};
	const struct unseen unseen = {.stage = judge_stage(n),
				      .tid = n->tid,
				      .facts = &no_memory,
				      .request = request};

	if (!job) {
		const struct answer answer =
			tracer_decide_unseen(tracer, &unseen);

		tracer_answer(tracer, request, &answer);
		return;
	}
	job->notification = *n;
	job->listener = request->listener;
	job->listener_fd = request->listener->fd;
	submit(tracer, job);
}

void tracer_submit_target(struct tracer *tracer, struct held *held,
			  enum job_kind kind, int fd)
{
	static const struct facts no_memory = {.unresolvable = true,
					       .proven = true};
	struct job *job = new_job(kind, held->tid);

	if (!job) {
		tracer_settle_unseen(tracer,
				     kind == JOB_LOADED ? STAGE_LOADED
							: STAGE_OPENED,
				     &no_memory, held->tid);
		return;
	}
	job->fd = fd;
	job->reported = held->reported;
	held->job = job;
	submit(tracer, job);
}

struct answer tracer_decide_unseen(const struct tracer *tracer,
				   const struct unseen *unseen)
{
	const struct request *request = unseen->request;
	struct decision decision;
	const struct answer answer = judge_unseen(tracer->judge, unseen->stage,
						  unseen->facts, &decision);
	const struct judgement judgement = {
		.action = answer.action,
		.tid = unseen->tid,
		.call = request ? notify_call_name(request->n.call) : NULL,
		.requested = request ? request->requested : NULL,
		.facts = unseen->facts,
		.decision = &decision,
	};
	char *line = NULL;
	size_t len = 0;

	if (answer.tells)
		line = report_judged(tracer->judge->container, tracer->journal,
				     &judgement, &len);
	if (line)
		journal_push(tracer->journal, line, len);
	return answer;
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

static void expire_request(struct tracer *tracer, const struct request *request)
{
	const struct notification *n = &request->n;
	const struct facts late = {.timed_out = true,
				   .maps = call_maps(n->call)};
	const struct unseen unseen = {.stage = judge_stage(n),
				      .tid = n->tid,
				      .facts = &late,
				      .request = request};
	struct answer answer;

	if (request->listener->gone ||
	    !notify_valid(request->listener->fd, n->id))
		return;
	answer = tracer_decide_unseen(tracer, &unseen);
	tracer_answer(tracer, request, &answer);
}

/* Give a job up. Its thread may free it the moment it is abandoned. */
static void expire(struct tracer *tracer, struct job *job)
{
	static const struct facts late = {.proven = true, .timed_out = true};
	const enum job_kind kind = job->kind;
	const enum stage stage = job_stage(job);
	const struct request request = {.listener = job->listener,
					.n = job->notification};
	const pid_t tid = job->tid;
	struct held *held =
		kind != JOB_REQUEST ? held_find(&tracer->held, tid) : NULL;
	bool proving = held && held->job == job;

	forget_job(tracer, job);
	if (!resolver_abandon(tracer->resolver, job)) {
		/* The job has just been finished, and comes by resolver_done.
		 */
		remember_job(tracer, job);
		return;
	}
	if (kind == JOB_REQUEST)
		expire_request(tracer, &request);
	if (proving) {
		held->job = NULL;
		tracer_settle_unseen(tracer, stage, &late, tid);
	}
}

/* True if its caller was killed, or got a signal: then it has asked again. */
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
	digests_watch(tracer->judge->digests, now);
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
