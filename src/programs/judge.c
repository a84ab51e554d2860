#include "judge.h"

#include "lineage.h"
#include "look.h"
#include "start.h"

#include <errno.h>

static void inspection_reset(struct inspection *inspection, bool proven)
{
	inspection->facts.proven = proven;
	inspection->facts.maps = false;
	inspection->facts.traced = false;
	inspection->facts.unresolvable = false;
	inspection->facts.timed_out = false;
	inspection->facts.process = NULL;
	inspection->facts.count = 0;
	inspection->error = 0;
	inspection->requested[0] = '\0';
	inspection->awaited.name_count = 0;
	inspection->awaited.left = 0;
	inspection->awaited.elsewhere = false;
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
	target_clear(&look.target);
	if (outcome == OUTCOME_DECIDED)
		decide(judge, n->tid, pace, ret);
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
	pid_t tid = look->target.tid;

	target_clear(&look->target);
	if (look->out->facts.unresolvable && is_gone(tid))
		return OUTCOME_PASS;
	if (outcome == OUTCOME_DECIDED)
		decide(look->judge, tid, look->pace, look->out);
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
