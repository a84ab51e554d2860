#include "tracer_internal.h"

#include "proof.h"

#include <errno.h>

void tracer_refuse_unjudged(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, enum reason reason)
{
	bool library = call_maps(n->call);

	if (tracer->judge->container->config.mode == MODE_AUDIT) {
		tracer_report(tracer, ACTION_EXEC_FLAGGED, reason, n->tid, n);
		(void)notify_continue(listener->fd, n->id);
		return;
	}
	tracer_report(tracer,
		      library ? ACTION_LIBRARY_BLOCKED : ACTION_EXEC_BLOCKED,
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
	(void)tracer_report;
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
	tracer_refuse_unjudged(tracer, listener, n, reason);
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
		tracer_submit(tracer, JOB_REQUEST, n.tid, &n, listener, -1);
}

void tracer_finish_request(struct tracer *tracer, struct job *job)
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
	tracer_set_requested(tracer, job->requested);
	if (job->verdict == VERDICT_ALLOW)
		answer_allowed(tracer, listener, &job->notification, reported);
	else
		(void)notify_deny(listener->fd, job->notification.id, EACCES);
}
