#include "judge.h"

#include "caller.h"
#include "lineage.h"
#include "look_internal.h"
#include "start.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* The files aren't cleared, since that would cost more than an inspection. */
static void reset_facts(struct facts *facts)
{
	facts->proven = false;
	facts->maps = false;
	facts->segment = false;
	facts->judged = false;
	facts->traced = false;
	facts->outside = false;
	facts->unheld = false;
	facts->unresolvable = false;
	facts->unread = false;
	facts->implied = false;
	facts->unclear = false;
	facts->timed_out = false;
	facts->overwritten = false;
	facts->process = NULL;
	facts->count = 0;
}

static bool is_proven(enum stage stage)
{
	return stage == STAGE_LOADED || stage == STAGE_OPENED;
}

static void inspection_reset(struct inspection *inspection, enum stage stage)
{
	reset_facts(&inspection->facts);
	inspection->facts.proven = is_proven(stage);
	inspection->facts.maps = stage == STAGE_MAPPING;
	for (size_t i = 0; i < FILES_MAX; i++) {
		inspection->leases[i] = -1;
		inspection->merged[i] = -1;
	}
	inspection->stage = stage;
	inspection->reported = false;
	inspection->error = 0;
	inspection->waits = 0;
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
		sealed.manifests[SEALED_ADDED] = start_added(judge->start);
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

static void decide(const struct judge *judge, const struct facts *facts,
		   struct decision *ret)
{
	const struct sealed sealed = all_sealed(judge);

	decision_make(&sealed, &judge->container->config, facts, ret);
}

static void choose(struct inspection *inspection, enum outcome outcome)
{
	const struct judged judged = {
		.stage = inspection->stage,
		.outcome = outcome,
		.error = inspection->error,
		.reported = inspection->reported,
		.awaits = inspection->awaited.left,
		.facts = &inspection->facts,
		.decision = &inspection->decision,
	};

	answer_choose(&judged, &inspection->answer);
}

void judge_anew(const struct judge *judge, struct inspection *inspection)
{
	decide(judge, &inspection->facts, &inspection->decision);
	choose(inspection, OUTCOME_DECIDED);
}

struct answer judge_unseen(const struct judge *judge, enum stage stage,
			   const struct facts *facts, struct decision *ret)
{
	const struct judged judged = {
		.stage = stage,
		.outcome = OUTCOME_DECIDED,
		.facts = facts,
		.decision = ret,
	};
	struct answer answer;

	decide(judge, facts, ret);
	answer_choose(&judged, &answer);
	return answer;
}

static bool is_hopeless(const struct look *look, enum outcome outcome)
{
	return outcome == OUTCOME_SLOW && look->pace == PACE_FULL &&
	       !look->out->waits;
}

static enum outcome finish(struct look *look, enum outcome outcome)
{
	struct inspection *out = look->out;
	const struct judge *judge = look->judge;

	if (is_hopeless(look, outcome))
		outcome = look_unresolvable(look);
	if (outcome == OUTCOME_DECIDED && judge->lineage &&
	    look->pace == PACE_FULL &&
	    lineage_find(judge->lineage, look->target.tid, out->process,
			 sizeof(out->process)))
		out->facts.process = out->process;
	if (outcome == OUTCOME_DECIDED)
		decide(judge, &out->facts, &out->decision);
	choose(out, outcome);
	target_clear(&look->target);
	return outcome;
}

static void look_begin(struct look *look, pid_t tid, enum stage stage)
{
	inspection_reset(look->out, stage);
	target_init(&look->target, tid, look->judge->devices,
		    look->judge->container->device_count);
}

/* A path that the target could read, and we can't, as in a page that
 * userfaultfd supplies, can't be judged; a bad address is the call's error. */
static enum outcome fail_to_read(struct look *look, uint64_t address,
				 const struct err *e)
{
	look->out->facts.unread = true;
	if (e->code != EFAULT)
		return look_fail(look, e);
	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	if (target_may_read(look->target.tid,
			    address + strlen(look->out->requested)))
		return look_unresolvable(look);
	return look_fail(look, e);
}

static enum outcome look_at_requested(struct look *look,
				      const struct notification *n)
{
	bool at = n->call == CALL_EXECVEAT;
	int dirfd = at ? (int)(uint32_t)n->args[0] : TARGET_CWD;
	int flags = at ? (int)(uint32_t)n->args[4] : 0;
	uint64_t address = n->args[at ? 1 : 0];
	char *path = look->out->requested;
	struct err e;

	if (n->compat)
		address &= UINT32_MAX;
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
		look->out->error = EINVAL;
		return OUTCOME_ERROR;
	}
	if (target_read_string(&look->target, address, path, PATH_MAX, &e) < 0)
		return fail_to_read(look, address, &e);
	return look_at_named(look, dirfd, path, flags);
}

static enum outcome look_at_exec(struct look *look,
				 const struct notification *n)
{
	enum outcome outcome = look_at_requested(look, n);
	bool at = n->call == CALL_EXECVEAT;

	if (outcome != OUTCOME_DECIDED || look->out->facts.unresolvable ||
	    look->judge->container->config.scripts != SCRIPTS_ENFORCE ||
	    n->compat)
		return outcome;
	return look_at_scripts(look, n->args[at ? 2 : 1]);
}

static enum outcome look_at_check(struct look *look,
				  const struct notification *n)
{
	int flags = (int)(uint32_t)n->args[4] &
		    (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	char *path = look->out->requested;
	OWNED(close_owned) int fd = -1;
	struct identity id;
	struct statvfs fs;
	struct found found;
	struct err e;

	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	look->out->facts.proven = true;
	if (target_read_string(&look->target, n->args[1], path, PATH_MAX, &e) <
	    0)
		return fail_to_read(look, n->args[1], &e);
	if (look_open(look, (int)(uint32_t)n->args[0], path, flags, &fd, &e) <
	    0)
		return look_fail(look, &e);
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
	    !S_ISREG(id.mode) || !caller_may_execute(n->tid, &id) ||
	    fstatvfs(fd, &fs) < 0 || (fs.f_flag & ST_NOEXEC)) {
		look->out->error = EACCES;
		return OUTCOME_ERROR;
	}
	return look_at(look, fd, ROLE_PROGRAM, &found);
}

/* The kernel takes 16 bits of the number: ipc/syscall.c. */
static enum outcome look_at_ipc(struct look *look, const struct notification *n)
{
	enum { ATTACH = 21 }; /* SHMAT, linux/ipc.h */

	if (n->call == CALL_IPC && (n->args[0] & UINT16_MAX) != ATTACH)
		return OUTCOME_PASS;
	look->out->facts.segment = true;
	return OUTCOME_DECIDED;
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
		/* This call is notified or not by chance (spec_seccomp.c). */
		return OUTCOME_PASS;
	case CALL_PERSONALITY:
		/* All ones query the current personality, and change nothing;
		 * any other value with this bit makes every readable mapping
		 * executable. */
		if ((uint32_t)n->args[0] == UINT32_MAX)
			return OUTCOME_PASS;
		look->out->facts.implied = true;
		return look_unresolvable(look);
	case CALL_SHMAT:
	case CALL_IPC:
		return look_at_ipc(look, n);
	case CALL_UNKNOWN:
		break;
	}
	look->out->error = ENOSYS;
	return OUTCOME_ERROR;
}

enum stage judge_stage(const struct notification *n)
{
	if (n->check)
		return STAGE_CHECK;
	return call_maps(n->call) ? STAGE_MAPPING : STAGE_REQUEST;
}

enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};
	bool early = judge->start && !start_known(judge->start);
	enum outcome outcome;

	look_begin(&look, n->tid, judge_stage(n));
	if (pace == PACE_FAST && (judge->container->reads_may_block || early))
		outcome = OUTCOME_SLOW;
	else if (early)
		/* No program runs before the baseline is recorded. */
		outcome = look_unresolvable(&look);
	else
		outcome = look_at_call(&look, n);
	return finish(&look, outcome);
}

/* True if the target's memory is released, so that there is nothing to judge.
 */
static bool is_gone(pid_t tid)
{
	OWNED(close_owned) int exe = -1;
	struct err e;

	return target_open_link(tid, "exe", &exe, &e) < 0 &&
	       (e.code == ENOENT || e.code == ESRCH);
}

/* A stopped target that is dying gets no verdict. */
static enum outcome settle(struct look *look, enum outcome outcome)
{
	if (is_hopeless(look, outcome))
		outcome = look_unresolvable(look);
	if (look->out->facts.unresolvable && is_gone(look->target.tid))
		outcome = OUTCOME_PASS;
	return finish(look, outcome);
}

enum outcome judge_loaded(const struct judge *judge, pid_t tid, bool reported,
			  enum pace pace, struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};

	look_begin(&look, tid, STAGE_LOADED);
	ret->reported = reported;
	return settle(&look, look_at_loaded(&look));
}

enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};

	look_begin(&look, tid, STAGE_OPENED);
	return settle(&look, look_at_opened(&look, fd));
}
