#include "tracer_internal.h"

#include "judge.h"
#include "mappers.h"
#include "outsider.h"
#include "proof.h"

#include <errno.h>

#ifdef RUNMOOR_UNPROVEN
static void continue_proven(struct tracer *tracer, struct listener *listener,
			    const struct notification *n, bool reported)
{
	(void)tracer;
	(void)reported;
	(void)held_continue;
	(void)notify_continue(listener->fd, n->id);
}
#else
/* Its request was found good, and what it loads can't be proven. */
static void answer_unheld(struct tracer *tracer, struct listener *listener,
			  const struct notification *n, enum proof_seize seized)
{
	const struct facts facts = {
		.judged = true,
		.unheld = true,
		.traced = seized == PROOF_TRACED,
		.outside = seized == PROOF_TRACED &&
			   outsider_traces(n->tid, tracer->home),
		.timed_out = seized == PROOF_TIMED_OUT,
		.unresolvable =
			seized != PROOF_TRACED && seized != PROOF_TIMED_OUT,
	};
	struct answer answer;

	if (!notify_valid(listener->fd, n->id))
		return;
	answer = tracer_decide_unseen(tracer, STAGE_REQUEST, &facts, n->tid, n);
	tracer_answer(tracer, listener, n, &answer);
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

	if (seized != PROOF_SEIZED) {
		answer_unheld(tracer, listener, n, seized);
		return;
	}
	held = held_continue(&tracer->held, n->tid);
	if (!held) {
		answer_unheld(tracer, listener, n, PROOF_FAILED);
		proof_interrupt(n->tid);
		return;
	}
	held->reported = reported;
	/* Seized may be another task by now, even one of the host: the old
	 * target dead, its number given anew. Then this isn't valid. */
	if (!notify_valid(listener->fd, n->id) ||
	    notify_continue(listener->fd, n->id) < 0) {
		held_leave(&tracer->held, held);
		proof_interrupt(n->tid);
	}
}
#endif

void tracer_answer(struct tracer *tracer, struct listener *listener,
		   const struct notification *n, const struct answer *answer)
{
	switch (answer->deed) {
	case DEED_PROVE:
		continue_proven(tracer, listener, n, answer->tells);
		return;
	case DEED_CONTINUE:
		(void)notify_continue(listener->fd, n->id);
		return;
	case DEED_SUCCEED:
		(void)notify_succeed(listener->fd, n->id);
		return;
	case DEED_REFUSE:
	case DEED_FOLLOW:
	case DEED_RELEASE:
		break;
	}
	(void)notify_deny(listener->fd, n->id,
			  answer->error ? answer->error : EACCES);
}

void tracer_notified(struct tracer *tracer, struct listener *listener)
{
	struct inspection *inspection = &tracer->inspection;
	struct judged judged = {
		.facts = &inspection->facts,
		.decision = &inspection->decision,
	};
	struct notification n;
	struct answer answer;

	if (notify_receive(listener->fd, &n, NULL) < 0)
		return;
	/* Before the container's first instruction, and never again. */
	if (!tracer->home_asked) {
		tracer->home_asked = true;
		if (!tracer->judge->container->cgroups_left)
			tracer->home = mappers_cgroup(n.tid);
	}
	if (tracer_answer_again(tracer, listener, &n))
		return;
	judged.stage = judge_stage(&n);
	judged.outcome =
		judge_request(tracer->judge, &n, PACE_FAST, inspection);
	judged.error = inspection->error;
	answer_choose(&judged, &answer);
	/* A full event needs look-ups that may block: a resolver's. */
	if (judged.outcome == OUTCOME_SLOW || answer.tells)
		tracer_submit(tracer, JOB_REQUEST, n.tid, &n, listener, -1);
	else
		tracer_answer(tracer, listener, &n, &answer);
}

void tracer_finish_request(struct tracer *tracer, struct job *job)
{
	struct listener *listener = job->listener;

	if (listener->gone)
		return;
	if (!notify_valid(listener->fd, job->notification.id)) {
		tracer_remember(tracer, job);
		return;
	}
	if (job->event)
		journal_push(tracer->journal, PTR_MOVE(job->event),
			     job->event_len);
	tracer_set_requested(tracer, job->requested);
	tracer_answer(tracer, listener, &job->notification, &job->answer);
}
