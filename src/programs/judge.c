#include "judge.h"

#include "kept.h"
#include "lineage.h"
#include "look.h"
#include "start.h"

#include <errno.h>
#include <string.h>

static void inspection_reset(struct inspection *inspection, bool proven)
{
	inspection->facts.proven = proven;
	inspection->facts.maps = false;
	inspection->facts.traced = false;
	inspection->facts.unresolvable = false;
	inspection->facts.unclear = false;
	inspection->facts.timed_out = false;
	inspection->facts.process = NULL;
	inspection->facts.count = 0;
	for (size_t i = 0; i < FILES_MAX; i++)
		inspection->leases[i] = -1;
	inspection->error = 0;
	inspection->requested[0] = '\0';
	inspection->awaited.name_count = 0;
	inspection->awaited.left = 0;
	inspection->awaited.elsewhere = false;
	inspection->awaited.by_loader = false;
	inspection->decision = (struct decision){.allow_rule = -1};
}

static struct sealed all_sealed(const struct judge *judge)
{
	struct sealed sealed = judge->sealed;

	if (judge->start)
		sealed.added = start_added(judge->start);
	return sealed;
}

const char *judge_program(const struct judge *judge,
			  const struct inspection *inspection)
{
	const struct sealed sealed = all_sealed(judge);
	const char *path =
		inspection->facts.count
			? decision_shipped_as(&sealed,
					      &inspection->facts.files[0])
			: NULL;

	return path ? path : "";
}

static void decide(const struct judge *judge, pid_t tid, enum pace pace,
		   struct inspection *inspection)
{
	const struct sealed sealed = all_sealed(judge);

	if (judge->lineage && pace == PACE_FULL &&
	    lineage_find(judge->lineage, tid, inspection->process,
			 sizeof(inspection->process)))
		inspection->facts.process = inspection->process;
	decision_make(&sealed, &judge->container->config, &inspection->facts,
		      &inspection->decision);
}

/* It lies where the image has it. */
static bool in_its_place(const struct judge *judge,
			 const struct file_facts *file)
{
	const struct sealed sealed = all_sealed(judge);
	const char *path = decision_shipped_as(&sealed, file);

	return path && file->place == PLACE_IMAGE && file->placed &&
	       strcmp(path, file->path) == 0;
}

/*
 * What is mapped has to stay as it is. Where no more can be kept, a file of
 * the image in its place is mapped all the same: nobody but root writes it.
 */
static void keep(const struct look *look, size_t index)
{
	struct inspection *out = look->out;
	const struct file_facts *file = &out->facts.files[index];
	struct kept_file mapped = {
		.lease = FD_MOVE(out->leases[index]),
		.identity = out->identities[index],
		.path = file->path,
		.digest = file->digest,
	};
	enum kept_outcome outcome =
		kept_add(look->judge->kept, look->target.tid, &mapped);

	if (outcome == KEPT_WRITTEN)
		decision_drift(&look->judge->container->config, &out->facts,
			       REASON_WRITABLE, index, &out->decision);
	else if (outcome == KEPT_FULL && !in_its_place(look->judge, file))
		decision_drift(&look->judge->container->config, &out->facts,
			       REASON_UNRESOLVABLE, index, &out->decision);
}

/* The end of a judgement. What nobody vouched for need not be kept. */
static void finish(struct look *look, enum outcome outcome)
{
	struct inspection *out = look->out;

	if (outcome == OUTCOME_DECIDED)
		decide(look->judge, look->target.tid, look->pace, out);
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (outcome == OUTCOME_DECIDED && out->leases[i] >= 0 &&
		    out->decision.verdict == VERDICT_ALLOW &&
		    out->decision.reason == REASON_NONE)
			keep(look, i);
		close_owned(&out->leases[i]);
	}
	target_clear(&look->target);
}

static void look_begin(struct look *look, pid_t tid, bool proven)
{
	inspection_reset(look->out, proven);
	target_init(&look->target, tid, look->judge->devices,
		    look->judge->container->device_count);
}

static enum outcome look_at_call(struct look *look,
				 const struct notification *n)
{
	switch (n->call) {
	case CALL_EXECVE:
	case CALL_EXECVEAT:
		return n->check ? look_at_check(look, n)
				: look_at_exec(look, n);
	case CALL_MMAP:
		return look_at_map(look, n);
	case CALL_MPROTECT:
		return look_at_protection(look, n);
	case CALL_OLD_MMAP:
		/* Notified or not by chance (spec_seccomp.c). */
		return OUTCOME_PASS;
	case CALL_PERSONALITY:
		/* All ones ask for the current one, and change nothing; what
		 * else has this bit makes every readable mapping executable. */
		return (uint32_t)n->args[0] == UINT32_MAX
			       ? OUTCOME_PASS
			       : look_unresolvable(look);
	case CALL_UNKNOWN:
		break;
	}
	look->out->error = ENOSYS;
	return OUTCOME_ERROR;
}

enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};
	bool early = judge->start && !start_known(judge->start);
	enum outcome outcome;

	look_begin(&look, n->tid, false);
	ret->facts.maps = call_maps(n->call);
	if (pace == PACE_FAST && (judge->container->reads_may_block || early))
		outcome = OUTCOME_SLOW;
	else if (early)
		/* Nothing runs before it is known what the container started
		 * with. */
		outcome = look_unresolvable(&look);
	else
		outcome = look_at_call(&look, n);
	finish(&look, outcome);
	return outcome;
}

/* Its memory is gone, and with it what there was to judge. */
static bool is_gone(pid_t tid)
{
	OWNED(close_owned) int exe = -1;
	struct err e;

	return target_open_link(tid, "exe", &exe, &e) < 0 &&
	       (e.code == ENOENT || e.code == ESRCH);
}

/* Of a stopped target: dying is no reason for a verdict. */
static enum outcome settle(struct look *look, enum outcome outcome)
{
	if (look->out->facts.unresolvable && is_gone(look->target.tid))
		outcome = OUTCOME_PASS;
	finish(look, outcome);
	return outcome;
}

enum outcome judge_loaded(const struct judge *judge, pid_t tid, enum pace pace,
			  struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};

	look_begin(&look, tid, true);
	return settle(&look, look_at_loaded(&look));
}

enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};

	look_begin(&look, tid, true);
	return settle(&look, look_at_opened(&look, fd));
}
