#include "tracer_internal.h"

#include "judge.h"
#include "mappers.h"
#include "outsider.h"
#include "proof.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef RUNMOOR_UNPROVEN
static void continue_proven(struct tracer *tracer,
			    const struct request *request, bool reported)
{
	const struct notification *n = &request->n;

	(void)tracer;
	(void)reported;
	(void)held_continue;
	(void)notify_continue(request->listener->fd, n->id);
}
#else
/* Its request was allowed, but the loaded file can't be proven. */
static void answer_unheld(struct tracer *tracer, const struct request *request,
			  enum proof_seize seized)
{
	const struct notification *n = &request->n;
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
	const struct unseen unseen = {.stage = STAGE_REQUEST,
				      .tid = n->tid,
				      .facts = &facts,
				      .request = request};
	struct answer answer;

	if (!notify_valid(request->listener->fd, n->id))
		return;
	answer = tracer_decide_unseen(tracer, &unseen);
	tracer_answer(tracer, request, &answer);
}

/* The request was allowed. Hold the target, so that its exec stops before the
 * first new instruction, check that we answer this very call, and continue
 * it. */
static void continue_proven(struct tracer *tracer,
			    const struct request *request, bool reported)
{
	const struct notification *n = &request->n;
	const int listener = request->listener->fd;
	enum proof_seize seized = proof_seize(n->tid);
	struct held *held;

	if (seized != PROOF_SEIZED) {
		answer_unheld(tracer, request, seized);
		return;
	}
	held = held_continue(&tracer->held, n->tid);
	if (!held) {
		answer_unheld(tracer, request, PROOF_FAILED);
		proof_interrupt(n->tid);
		return;
	}
	held->reported = reported;
	/* The seized task may be another one by now, even one of the host: the
	 * old target died, and its number was used again. Then this isn't
	 * valid. */
	if (!notify_valid(listener, n->id) ||
	    notify_continue(listener, n->id) < 0) {
		held_leave(&tracer->held, held);
		proof_interrupt(n->tid);
	}
}
#endif

void tracer_answer(struct tracer *tracer, const struct request *request,
		   const struct answer *answer)
{
	const int listener = request->listener->fd;
	const uint64_t id = request->n.id;

	switch (answer->deed) {
	case DEED_PROVE:
		continue_proven(tracer, request, answer->tells);
		return;
	case DEED_CONTINUE:
		(void)notify_continue(listener, id);
		return;
	case DEED_SUCCEED:
		(void)notify_succeed(listener, id);
		return;
	case DEED_REFUSE:
	case DEED_FOLLOW:
	case DEED_RELEASE:
		break;
	}
	(void)notify_deny(listener, id, answer->error ? answer->error : EACCES);
}

/* A signal takes a target out of its call, and it asks again (SA_RESTART, or
 * its own program repeats the call): as often as Go's runtime signals itself,
 * each 10 ms, or, with a fast timer, faster than any inspection. So a late
 * answer is given to the next identical request, if the proof is still to
 * come. */
enum { AGAIN_MS = 1000 };

static void forget(struct late_answer *late)
{
	free(late->requested);
	free(late->event);
	*late = (struct late_answer){.tid = 0};
}

static void remember(struct tracer *tracer, struct job *job)
{
	struct late_answer *late = &tracer->late[tracer->late_next];

	if (job->answer.deed != DEED_PROVE || !job->requested)
		return;
	tracer->late_next = (tracer->late_next + 1) % LATE_MAX;
	forget(late);
	late->tid = job->tid;
	late->notification = job->notification;
	late->answer = job->answer;
	late->event = PTR_MOVE(job->event);
	late->event_len = job->event_len;
	late->requested = PTR_MOVE(job->requested);
	late->until_ms = held_now_ms() + AGAIN_MS;
}

static bool asks_the_same(const struct late_answer *late,
			  const struct notification *n)
{
	const bool at = n->call == CALL_EXECVEAT;
	struct target target;
	char path[PATH_MAX];

	if (late->tid != n->tid || late->notification.call != n->call ||
	    late->notification.compat != n->compat ||
	    memcmp(late->notification.args, n->args, sizeof(n->args)) != 0)
		return false;
	target_init(&target, n->tid, NULL, 0);
	return !n->compat &&
	       target_read_string(&target, n->args[at ? 1 : 0], path,
				  sizeof(path), NULL) == 0 &&
	       strcmp(path, late->requested) == 0;
}

static bool answer_again(struct tracer *tracer, const struct request *request)
{
	for (size_t i = 0; i < LATE_MAX; i++) {
		struct late_answer *late = &tracer->late[i];
		OWNED(free_owned) char *requested = NULL;
		struct request again = *request;
		struct answer answer;

		if (!late->tid)
			continue;
		if (late->until_ms < held_now_ms()) {
			forget(late);
			continue;
		}
		if (!asks_the_same(late, &request->n))
			continue;
		answer = late->answer;
		if (late->event)
			journal_push(tracer->journal, PTR_MOVE(late->event),
				     late->event_len);
		requested = PTR_MOVE(late->requested);
		forget(late);
		again.requested = requested;
		tracer_answer(tracer, &again, &answer);
		return true;
	}
	return false;
}

/* Read the container's cgroups before its first instruction, and never
 * again. */
static void ask_home(struct tracer *tracer, pid_t tid)
{
	tracer->home_asked = true;
	if (!tracer->judge->container->cgroups_left)
		tracer->home = mappers_cgroup(tid);
}

void tracer_notified(struct tracer *tracer, struct listener *listener)
{
	struct inspection *inspection = &tracer->inspection;
	struct request request = {.listener = listener};
	enum outcome outcome;

	if (notify_receive(listener->fd, &request.n, NULL) < 0)
		return;
	if (!tracer->home_asked)
		ask_home(tracer, request.n.tid);
	if (answer_again(tracer, &request))
		return;
	outcome =
		judge_request(tracer->judge, &request.n, PACE_FAST, inspection);
	request.requested = inspection->requested;
	/* A full event needs look-ups that may block: hand it to a resolver. */
	if (outcome == OUTCOME_SLOW || inspection->answer.tells)
		tracer_submit_request(tracer, &request);
	else
		tracer_answer(tracer, &request, &inspection->answer);
}

void tracer_finish_request(struct tracer *tracer, struct job *job)
{
	const struct request request = {
		.listener = job->listener,
		.n = job->notification,
		.requested = job->requested,
	};

	if (job->listener->gone)
		return;
	if (!notify_valid(job->listener->fd, job->notification.id)) {
		remember(tracer, job);
		return;
	}
	if (job->event)
		journal_push(tracer->journal, PTR_MOVE(job->event),
			     job->event_len);
	tracer_answer(tracer, &request, &job->answer);
}
