#include "judge.h"

#include "lineage.h"
#include "look.h"
#include "start.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { SCRIPTS_DEEP = 5 }; /* rewrites that fs/exec.c allows */

static enum outcome unresolvable(struct look *look)
{
	look->out->facts.unresolvable = true;
	return OUTCOME_DECIDED;
}

/* Permissions don't stop us: where we may not look, as into somebody's FUSE,
 * the target may, and this is news. */
static enum outcome fail(struct look *look, const struct err *e)
{
	if (look->pace == PACE_FAST && (e->code == EAGAIN || e->code == EACCES))
		return OUTCOME_SLOW;
	if (e->code == EACCES)
		return unresolvable(look);
	look->out->error = e->code;
	return OUTCOME_ERROR;
}

/* Files that execve refuses by itself, so that refusing them is no news; a
 * memory file that can't be executed is some (memfd: deny). */
static bool never_executes(const struct identity *id,
			   const struct file_facts *file)
{
	return !S_ISREG(id->mode) ||
	       (!(id->mode & 0111) && file->place != PLACE_MEMORY);
}

/*
 * The program in fd and all that it brings: the interpreters of its #! chain,
 * and the last one's ELF interpreter. stop_at: a file that the chain need not
 * go beyond, since it is judged already.
 */
static enum outcome look_at_chain(struct look *look, int take_fd,
				  const struct identity *stop_at)
{
	OWNED(close_owned) int fd = take_fd;
	enum role role = ROLE_PROGRAM;
	struct found found;
	struct err e;

	for (int depth = 0; depth <= SCRIPTS_DEEP + 1; depth++) {
		size_t index = look->out->facts.count;
		enum outcome outcome = look_at(look, fd, role, &found);
		const struct identity *id = &look->out->identities[index];
		bool script;

		if (outcome != OUTCOME_DECIDED)
			return outcome;
		script = found.kind == KIND_SCRIPT;
		if (!look->out->facts.proven &&
		    never_executes(id, &look->out->facts.files[index]) &&
		    role != ROLE_ELF_INTERPRETER) {
			look->out->error = EACCES;
			return OUTCOME_ERROR;
		}
		if (look->out->facts.unresolvable ||
		    role == ROLE_ELF_INTERPRETER || !found.interpreter[0] ||
		    (stop_at && (!script || identity_same(id, stop_at))))
			return OUTCOME_DECIDED;
		close_owned(&fd);
		if (look_open(look, TARGET_CWD, found.interpreter, 0, &fd, &e) <
		    0)
			return fail(look, &e);
		role = script ? ROLE_INTERPRETER : ROLE_ELF_INTERPRETER;
	}
	look->out->error = ELOOP;
	return OUTCOME_ERROR;
}

static enum outcome look_at_exec(struct look *look,
				 const struct notification *n)
{
	bool at = n->call == CALL_EXECVEAT;
	int dirfd = at ? (int)(uint32_t)n->args[0] : TARGET_CWD;
	int flags = at ? (int)(uint32_t)n->args[4] : 0;
	uint64_t address = n->args[at ? 1 : 0];
	char *path = look->out->requested;
	struct err e;
	int fd;

	if (n->compat)
		address &= UINT32_MAX;
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
		look->out->error = EINVAL;
		return OUTCOME_ERROR;
	}
	if (target_read_string(&look->target, address, path, PATH_MAX, &e) <
		    0 ||
	    look_open(look, dirfd, path, flags, &fd, &e) < 0)
		return fail(look, &e);
	return look_at_chain(look, fd, NULL);
}

static enum outcome look_at_exec_and_scripts(struct look *look,
					     const struct notification *n)
{
	enum outcome outcome = look_at_exec(look, n);
	bool at = n->call == CALL_EXECVEAT;

	if (outcome != OUTCOME_DECIDED || look->out->facts.unresolvable ||
	    look->judge->container->config.scripts != SCRIPTS_ENFORCE ||
	    n->compat)
		return outcome;
	return look_at_scripts(look, n->args[at ? 2 : 1]);
}

/*
 * AT_EXECVE_CHECK: an interpreter asks whether the script that it has open
 * would be let run. The kernel would say what permissions say; the file itself
 * is judged as where it is executed, and nothing goes on from here.
 */
static enum outcome look_at_check(struct look *look,
				  const struct notification *n)
{
	int flags = (int)(uint32_t)n->args[4] &
		    (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	char *path = look->out->requested;
	OWNED(close_owned) int fd = -1;
	struct statvfs fs;
	struct found found;
	enum outcome outcome;
	struct err e;

	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	look->out->facts.proven = true;
	if (target_read_string(&look->target, n->args[1], path, PATH_MAX, &e) <
		    0 ||
	    look_open(look, (int)(uint32_t)n->args[0], path, flags, &fd, &e) <
		    0)
		return fail(look, &e);
	outcome = look_at(look, fd, ROLE_PROGRAM, &found);
	if (outcome != OUTCOME_DECIDED)
		return outcome;
	if (!S_ISREG(look->out->identities[0].mode) ||
	    !target_may_execute(n->tid, &look->out->identities[0]) ||
	    fstatvfs(fd, &fs) < 0 || (fs.f_flag & ST_NOEXEC)) {
		look->out->error = EACCES;
		return OUTCOME_ERROR;
	}
	return OUTCOME_DECIDED;
}

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

enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};
	enum outcome outcome = OUTCOME_ERROR;
	bool early = judge->start && !start_known(judge->start);

	inspection_reset(ret, false);
	ret->facts.maps = call_maps(n->call);
	if (pace == PACE_FAST && (judge->container->reads_may_block || early))
		return OUTCOME_SLOW;
	/* Nothing runs before it is known what the container started with. */
	if (early) {
		ret->facts.unresolvable = true;
		decide(judge, n->tid, pace, ret);
		return OUTCOME_DECIDED;
	}
	target_init(&look.target, n->tid, judge->devices,
		    judge->container->device_count);
	switch (n->call) {
	case CALL_EXECVE:
	case CALL_EXECVEAT:
		outcome = n->check ? look_at_check(&look, n)
				   : look_at_exec_and_scripts(&look, n);
		break;
	case CALL_MMAP:
		outcome = look_at_map(&look, n);
		break;
	case CALL_MPROTECT:
		outcome = look_at_protection(&look, n);
		break;
	case CALL_OLD_MMAP:
		/* Notified or not by chance (spec_seccomp.c). */
		outcome = OUTCOME_PASS;
		break;
	case CALL_PERSONALITY:
		/* All ones ask for the current one, and change nothing; what
		 * else has this bit makes every readable mapping executable. */
		outcome = (uint32_t)n->args[0] == UINT32_MAX
				  ? OUTCOME_PASS
				  : unresolvable(&look);
		break;
	case CALL_UNKNOWN:
		ret->error = ENOSYS;
		outcome = OUTCOME_ERROR;
		break;
	}
	target_clear(&look.target);
	if (outcome == OUTCOME_DECIDED)
		decide(judge, n->tid, pace, ret);
	return outcome;
}

static bool is_numbered(const struct mapping *mapping,
			const struct identity *id)
{
	return mapping->dev == id->dev && mapping->ino == id->ino;
}

/*
 * Rootless, mappings can't be followed. The kernel has mapped the program and
 * the interpreter that it names: what has the interpreter's numbers, on the
 * image, where they name one file only, is that file.
 */
static enum outcome look_at_numbers(struct look *look,
				    const struct mapping *mappings,
				    size_t count, const char *interpreter)
{
	const struct identity exe = look->out->identities[0];
	OWNED(close_owned) int fd = -1;
	enum outcome outcome = OUTCOME_DECIDED;
	struct found found;
	struct identity id;
	struct err e;

	for (size_t i = 0; i < count; i++) {
		if (is_numbered(&mappings[i], &exe))
			continue;
		if (fd < 0 &&
		    look_open(look, TARGET_CWD, interpreter, 0, &fd, &e) < 0)
			return look->pace == PACE_FAST && e.code == EAGAIN
				       ? OUTCOME_SLOW
				       : unresolvable(look);
		if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
		    !is_numbered(&mappings[i], &id) ||
		    !look_is_image(look->judge, id.dev))
			return unresolvable(look);
	}
	/* It has one, and nothing else was seen mapped: something shares the
	 * program's numbers. */
	if (interpreter[0] && fd < 0)
		return unresolvable(look);
	if (fd >= 0)
		outcome = look_at(look, fd, ROLE_ELF_INTERPRETER, &found);
	return outcome;
}

/*
 * The ELF interpreter, and whatever else the kernel mapped to run. Which file
 * a mapping is of is asked of the file: the numbers in /proc/PID/maps are not
 * those of stat, and two files of an overlay can share them.
 */
static enum outcome look_at_mappings(struct look *look,
				     const struct mapping *mappings,
				     size_t count)
{
	struct found found;

	for (size_t i = 0; i < count; i++) {
		OWNED(close_owned) int fd = -1;
		enum outcome outcome;
		struct identity id;
		char name[64];

		(void)snprintf(name, sizeof(name), "map_files/%llx-%llx",
			       (unsigned long long)mappings[i].start,
			       (unsigned long long)mappings[i].end);
		if (look->out->facts.count >= FILES_MAX - 1 ||
		    target_open_link(look->target.tid, name, &fd, NULL) < 0 ||
		    stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
			return unresolvable(look);
		if (look_seen(look, &id))
			continue;
		outcome = look_at(look, fd, ROLE_ELF_INTERPRETER, &found);
		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	return OUTCOME_DECIDED;
}

/* A failure that is not the path's: it says nothing of what is there. */
static bool is_ours(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == EIO || error == EPERM;
}

/*
 * The name that the kernel was given. If it is a script, the interpreter that
 * was loaded will open it by this name, so it is judged too. A name that
 * leads nowhere now leads the interpreter nowhere.
 */
static enum outcome look_at_name(struct look *look, uint64_t stack_end)
{
	const struct identity exe = look->out->identities[0];
	char *name = look->out->requested;
	struct identity id;
	enum outcome outcome;
	struct err e;
	int fd;

	if (target_execfn(look->target.tid, stack_end, name, PATH_MAX, &e) < 0)
		return unresolvable(look);
	if (look_open(look, TARGET_CWD, name, 0, &fd, &e) < 0) {
		if (look->pace == PACE_FAST && e.code == EAGAIN)
			return OUTCOME_SLOW;
		return is_ours(e.code) ? unresolvable(look) : OUTCOME_DECIDED;
	}
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0) {
		(void)close(fd);
		return unresolvable(look);
	}
	if (identity_same(&id, &exe)) {
		(void)close(fd);
		return OUTCOME_DECIDED;
	}
	/* Not what runs: the script that it runs, or a file swapped since. */
	outcome = look_at_chain(look, fd, &exe);
	if (outcome != OUTCOME_ERROR)
		return outcome;
	return is_ours(look->out->error) ? unresolvable(look) : OUTCOME_DECIDED;
}

/* Its memory is gone, and with it what there was to judge. */
static bool is_gone(pid_t tid)
{
	OWNED(close_owned) int exe = -1;
	struct err e;

	return target_open_link(tid, "exe", &exe, &e) < 0 &&
	       (e.code == ENOENT || e.code == ESRCH);
}

enum outcome judge_loaded(const struct judge *judge, pid_t tid, enum pace pace,
			  struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};
	struct mapping mappings[MAPPINGS_MAX];
	OWNED(close_owned) int exe = -1;
	enum outcome outcome = OUTCOME_DECIDED;
	uint64_t stack_end = 0;
	struct found found;
	size_t count = 0;

	inspection_reset(ret, true);
	target_init(&look.target, tid, judge->devices,
		    judge->container->device_count);
	if (target_open_link(tid, "exe", &exe, NULL) < 0 ||
	    target_mappings(tid, mappings, &count, &stack_end, NULL) < 0)
		ret->facts.unresolvable = true;
	else
		outcome = look_at(&look, exe, ROLE_PROGRAM, &found);
	if (outcome == OUTCOME_DECIDED && !ret->facts.unresolvable)
		outcome = judge->container->mapped_by_number
				  ? look_at_numbers(&look, mappings, count,
						    found.interpreter)
				  : look_at_mappings(&look, mappings, count);
	if (outcome == OUTCOME_DECIDED && !ret->facts.unresolvable)
		outcome = look_at_name(&look, stack_end);
	if (outcome == OUTCOME_DECIDED && !ret->facts.unresolvable)
		outcome = look_at_scripts(&look, 0);
	target_clear(&look.target);
	if (ret->facts.unresolvable && is_gone(tid))
		return OUTCOME_PASS;
	if (outcome == OUTCOME_DECIDED)
		decide(judge, tid, pace, ret);
	return outcome;
}

enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret)
{
	struct look look = {.judge = judge, .pace = pace, .out = ret};
	OWNED(close_owned) int script = -1;
	struct identity id;
	enum outcome outcome = OUTCOME_DECIDED;
	struct found found;
	char name[32];

	inspection_reset(ret, true);
	target_init(&look.target, tid, judge->devices,
		    judge->container->device_count);
	(void)snprintf(name, sizeof(name), "fd/%d", fd);
	if (target_open_link(tid, name, &script, NULL) < 0 ||
	    stat_identity(script, "", AT_EMPTY_PATH, &id) < 0)
		ret->facts.unresolvable = true;
	else if (!S_ISREG(id.mode))
		outcome = OUTCOME_PASS;
	else
		outcome = look_at(&look, script, ROLE_SCRIPT, &found);
	target_clear(&look.target);
	if (ret->facts.unresolvable && is_gone(tid))
		return OUTCOME_PASS;
	if (outcome == OUTCOME_DECIDED)
		decide(judge, tid, pace, ret);
	return outcome;
}
