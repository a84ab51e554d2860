#include "tracer_internal.h"

#include "follow_internal.h"
#include "judge.h"
#include "lineage.h"
#include "proof.h"
#include "target.h"

#include <stdlib.h>

void tracer_settle_unseen(struct tracer *tracer, enum stage stage,
			  const struct facts *facts, pid_t tid)
{
	const struct unseen unseen = {
		.stage = stage, .tid = tid, .facts = facts};
	const struct answer answer = tracer_decide_unseen(tracer, &unseen);

	if (answer.deed != DEED_RELEASE) {
		proof_kill(tid);
		return;
	}
	held_drop(&tracer->held, tid);
	proof_release(tid, 0);
}

/* Settle a stopped target for which there is no memory. */
static void settle_unremembered(struct tracer *tracer, pid_t tid)
{
	static const struct facts facts = {
		.proven = true,
		.unresolvable = true,
	};

	tracer_settle_unseen(tracer, STAGE_LOADED, &facts, tid);
}

/* The target is proven: release it, or follow it until it has its script open.
 * path: that of its program, NULL if it isn't needed. */
static void let_run(struct tracer *tracer, pid_t pid, const char *path,
		    struct follow *take_follow)
{
	struct held *held =
		take_follow ? held_put(&tracer->held, pid, HELD_FOLLOWED)
			    : NULL;

	if (tracer->judge->lineage && path)
		lineage_record(tracer->judge->lineage, pid, path);
	if (held) {
		held_follow(held, take_follow);
		proof_step(pid, 0, false);
		return;
	}
	if (take_follow) {
		follow_free(take_follow);
		settle_unremembered(tracer, pid);
		return;
	}
	held_drop(&tracer->held, pid);
	proof_release(pid, 0);
}

/* The target may run the script that it opened. */
static void let_read(struct tracer *tracer, pid_t tid)
{
	struct held *held = held_find(&tracer->held, tid);

	if (held && held_is_followed(held) && !follow_allowed(held->follow)) {
		(void)held_put(&tracer->held, tid, HELD_FOLLOWED);
		proof_step(tid, 0, false);
		return;
	}
	held_drop(&tracer->held, tid);
	proof_release(tid, 0);
}

void tracer_finish_target(struct tracer *tracer, struct job *job)
{
	struct held *held = held_find(&tracer->held, job->tid);

	/* The target may have died meanwhile, and its number been used
	 * again. */
	if (!held || held->job != job)
		return;
	held->job = NULL;
	if (job->event)
		journal_push(tracer->journal, PTR_MOVE(job->event),
			     job->event_len);
	if (job->answer.deed != DEED_RELEASE && job->answer.deed != DEED_FOLLOW)
		proof_kill(job->tid);
	else if (job->kind == JOB_OPENED)
		let_read(tracer, job->tid);
	else
		let_run(tracer, job->tid, job->program, PTR_MOVE(job->follow));
}

/* Threads whose numbers are gone have executed; the task with their new number
 * is dying, and doesn't report the old one. */
static void forget_vanished(struct tracer *tracer)
{
	struct held *next;

	for (size_t i = 0; i < HELD_BUCKETS; i++)
		for (struct held *h = tracer->held.bucket[i]; h; h = next) {
			next = h->next;
			if (held_executes(h) && !target_exists(h->tid))
				held_drop(&tracer->held, h->tid);
		}
}

/* A file of the image that its times alone prove needs no resolver. */
static bool prove_at_once(struct tracer *tracer, pid_t tid)
{
	struct inspection *inspection = &tracer->inspection;
	const struct judge *judge = tracer->judge;

	if (judge->container->reads_may_block ||
	    judge_loaded(judge, tid, false, PACE_FAST, inspection) ==
		    OUTCOME_SLOW ||
	    inspection->answer.deed != DEED_RELEASE || inspection->answer.tells)
		return false;
	let_run(tracer, tid,
		judge->lineage ? judge_program(judge, inspection) : NULL, NULL);
	return true;
}

/* The exec succeeded: the proof. */
static void prove(struct tracer *tracer, const struct proof_stop *stop)
{
	struct held *held;

	/* A thread that executes takes its leader's number, and with it the
	 * leader's place here. */
	if (stop->former == 0)
		forget_vanished(tracer);
	else if (stop->former != stop->tid)
		held_drop(&tracer->held, stop->former);
	if (prove_at_once(tracer, stop->tid))
		return;
	held = held_put(&tracer->held, stop->tid, HELD_PROVING);
	if (!held) {
		settle_unremembered(tracer, stop->tid);
		return;
	}
	held_follow(held, NULL); /* another program runs now */
	tracer_submit_target(tracer, held, JOB_LOADED, -1);
}

/* A thread that executes takes over its leader's number. Between the leader's
 * stop that we collected and our release, the number may have become that of
 * the new program, which would run unproven. So a target stays stopped while
 * another thread of its process is about to execute. One that has no number any
 * more has executed, and its stop is still to be collected. */
static bool may_be_taken_over(const struct tracer *tracer, pid_t tid)
{
	pid_t process = -1; /* read only if there are others */

	for (size_t i = 0; i < HELD_BUCKETS; i++)
		for (struct held *h = tracer->held.bucket[i]; h; h = h->next) {
			if (h->tid == tid || !held_executes(h))
				continue;
			if (process < 0)
				process = target_process(tid);
			if (!h->process)
				h->process = target_process(h->tid);
			/* Its process can't be found out any more. */
			if (!process || !h->process || h->process == process)
				return true;
		}
	return false;
}

/* Tasks stop on their way back to user mode, where no exec is under way: it
 * failed, or will notify anew. A task that isn't held came by CLONE_PTRACE. */
static void leave(struct tracer *tracer, pid_t tid, int signal)
{
	struct held *held;

	if (!may_be_taken_over(tracer, tid)) {
		held_drop(&tracer->held, tid);
		proof_release(tid, signal);
		return;
	}
	held = held_put(&tracer->held, tid, HELD_PARKED);
	if (!held) {
		settle_unremembered(tracer, tid);
		return;
	}
	held->signal = signal;
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

	/* Its next exec, which was continued, failed. */
	if (!held || !held_is_followed(held)) {
		leave(tracer, tid, 0);
		return;
	}
	if (follow_step(held->follow, tid, &fd) == FOLLOW_ON) {
		held_move(&tracer->held, held, HELD_FOLLOWED);
		proof_step(tid, 0, false);
		return;
	}
	held_move(&tracer->held, held, HELD_OPENED);
	tracer_submit_target(tracer, held, JOB_OPENED, fd);
}

static void on_stop(struct tracer *tracer, const struct proof_stop *stop)
{
	const struct held *held = held_find(&tracer->held, stop->tid);

	if (held && held_is_followed(held))
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

/* Check targets that may have nothing to wait for: an exec without an event
 * failed in the kernel, and a parked leader's sibling may have executed. */
void tracer_sweep(struct tracer *tracer, struct held *held, int64_t now)
{
	if (held_executes(held) && held->since_ms + TRACER_DEADLINE_MS < now &&
	    !target_exists(held->tid)) {
		/* Its exec was collected without its old number. */
		held_drop(&tracer->held, held->tid);
	} else if ((held->state == HELD_CONTINUED ||
		    held->state == HELD_EXEC_AGAIN) &&
		   held->since_ms + TRACER_LINGER_MS < now) {
		held_leave(&tracer->held, held);
		proof_interrupt(held->tid);
	} else if (held->state == HELD_PARKED &&
		   !may_be_taken_over(tracer, held->tid)) {
		proof_release(held->tid, held->signal);
		held_drop(&tracer->held, held->tid);
	}
}
