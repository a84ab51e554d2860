#include "job.h"

#include "digests.h"
#include "follow_internal.h"
#include "inspection.h"
#include "judge.h"
#include "kept.h"
#include "report.h"
#include "start.h"

#include <stdlib.h>
#include <string.h>

void job_free(struct job *job)
{
	free(job->event);
	free(job->requested);
	free(job->program);
	follow_free(job->follow);
	free(job);
}

enum stage job_stage(const struct job *job)
{
	switch (job->kind) {
	case JOB_REQUEST:
		return judge_stage(&job->notification);
	case JOB_LOADED:
		return STAGE_LOADED;
	case JOB_OPENED:
		break;
	}
	return STAGE_OPENED;
}

static enum outcome look(const struct job *job, const struct judge *judge,
			 struct inspection *inspection)
{
	switch (job->kind) {
	case JOB_REQUEST:
		return judge_request(judge, &job->notification, PACE_FULL,
				     inspection);
	case JOB_LOADED:
		return judge_loaded(judge, job->tid, job->reported, PACE_FULL,
				    inspection);
	case JOB_OPENED:
		break;
	}
	return judge_opened(judge, job->tid, job->fd, PACE_FULL, inspection);
}

static enum keeping keep_file(struct kept *kept, pid_t tid,
			      struct inspection *inspection, size_t index)
{
	const struct file_facts *file = &inspection->facts.files[index];
	struct kept_file mapped = {
		.lease = FD_MOVE(inspection->leases[index]),
		.merged = FD_MOVE(inspection->merged[index]),
		.identity = inspection->identities[index],
		.path = file->path,
		.digest = file->digest,
	};

	switch (kept_add(kept, tid, &mapped)) {
	case KEPT:
		return KEEPING_NONE;
	case KEPT_WRITTEN:
		return KEEPING_WRITTEN;
	case KEPT_FULL:
		break;
	}
	return KEEPING_FULL;
}

/* Files that are allowed and mapped must not change; files that policy lets run
 * unchecked needn't be kept. If one can't be kept, that is another fact to
 * decide on. */
static void keep(const struct job *job, const struct judge *judge,
		 struct kept *kept, struct inspection *inspection)
{
	bool allowed = inspection->decision.verdict == VERDICT_ALLOW &&
		       inspection->decision.reason == REASON_NONE;
	bool unkept = false;

	for (size_t i = 0; i < inspection->facts.count && allowed; i++) {
		struct file_facts *file = &inspection->facts.files[i];

		if (inspection->leases[i] < 0)
			continue;
		file->keeping = keep_file(kept, job->tid, inspection, i);
		unkept |= file->keeping != KEEPING_NONE;
	}
	if (unkept)
		judge_anew(judge, inspection);
}

static void close_leases(struct inspection *inspection)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		close_owned(&inspection->leases[i]);
		close_owned(&inspection->merged[i]);
	}
}

/* Give the judgement up: its facts don't count. */
static void give_up(const struct judge *judge, struct inspection *inspection)
{
	inspection->facts = (struct facts){
		.proven = inspection->facts.proven,
		.maps = inspection->facts.maps,
		.unresolvable = true,
	};
	inspection->awaited.left = 0;
	judge_anew(judge, inspection);
}

/* Hand the results over to the tracer. */
static void hand_on(struct job *job, const struct judge *judge,
		    struct inspection *inspection)
{
	job->requested = strdup(inspection->requested);
	if (job->kind == JOB_LOADED && judge->lineage)
		job->program = strdup(judge_program(judge, inspection));
	if (inspection->answer.deed != DEED_FOLLOW)
		return;
	job->follow = follow_new(&inspection->awaited);
	if (!job->follow)
		give_up(judge, inspection);
}

void job_settle(struct job *job, struct digests *digests)
{
	while (job->waited_count)
		digests_settle(digests, job->waited[--job->waited_count]);
}

static void look_at_start(const struct job *job, const struct judge *judge,
			  struct journal *journal)
{
	const struct added *added = start_look(judge->start, job->tid);

	if (added)
		report_added(judge->container, added, journal);
}

static void report(struct job *job, const struct judge *judge,
		   struct journal *journal, const struct inspection *inspection)
{
	const struct facts *facts = &inspection->facts;
	const size_t file = inspection->decision.file;
	const struct judgement judgement = {
		.action = inspection->answer.action,
		.tid = job->tid,
		.call = job->kind == JOB_REQUEST
				? notify_call_name(job->notification.call)
				: NULL,
		.requested = inspection->requested,
		.facts = facts,
		.decision = &inspection->decision,
		.identity = facts->count ? &inspection->identities[file] : NULL,
		.args = true,
	};

	job->event = report_judged(judge->container, journal, &judgement,
				   &job->event_len);
}

bool job_run(struct job *job, const struct judge *judge, struct kept *kept,
	     struct journal *journal, struct inspection *inspection)
{
	const struct notification *n = &job->notification;
	enum outcome outcome;

	/* The job waited for its turn; its caller may be gone. */
	if (job->kind == JOB_REQUEST && !notify_valid(job->listener_fd, n->id))
		return true;
	if (job->kind == JOB_REQUEST && judge->start)
		look_at_start(job, judge, journal);
	outcome = look(job, judge, inspection);
	if (outcome == OUTCOME_DECIDED)
		keep(job, judge, kept, inspection);
	close_leases(inspection);
	job->waits = outcome == OUTCOME_SLOW ? inspection->waits : 0;
	if (job->waits && job->waited_count < JOB_WAITS_MAX) {
		job->waited[job->waited_count++] = job->waits;
		return false;
	}
	/* A file that changes faster than it can be hashed can't be judged. */
	if (job->waits) {
		digests_leave(judge->digests, job->waits);
		give_up(judge, inspection);
		outcome = OUTCOME_DECIDED;
	}
	if (outcome == OUTCOME_DECIDED)
		hand_on(job, judge, inspection);
	job->answer = inspection->answer;
	/* The caller has been killed, or asks again: nothing is refused
	 * here. */
	if (job->kind == JOB_REQUEST && job->answer.deed == DEED_REFUSE &&
	    !notify_valid(job->listener_fd, n->id))
		return true;
	if (job->answer.tells)
		report(job, judge, journal, inspection);
	return true;
}
