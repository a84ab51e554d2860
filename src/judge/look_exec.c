#include "caller.h"
#include "filesystem.h"
#include "look_internal.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { SCRIPTS_DEEP = 5 }; /* rewrites that fs/exec.c allows */

/* Permissions don't stop us: where we may not look, as into somebody's FUSE,
 * the target may, and this is news. */
static enum outcome fail(struct look *look, const struct err *e)
{
	if (look->pace == PACE_FAST && (e->code == EAGAIN || e->code == EACCES))
		return OUTCOME_SLOW;
	if (e->code == EACCES || look_failed_itself(e->code))
		return look_unresolvable(look);
	look->out->error = e->code;
	return OUTCOME_ERROR;
}

/* A path that the target could read, and we can't, as in a page that
 * userfaultfd is to bring, is news; a bad address isn't. */
static enum outcome fail_to_read(struct look *look, uint64_t address,
				 const struct err *e)
{
	if (e->code != EFAULT)
		return fail(look, e);
	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	if (target_may_read(look->target.tid,
			    address + strlen(look->out->requested)))
		return look_unresolvable(look);
	return fail(look, e);
}

/*
 * Files that execve refuses by itself need not be read, and refusing them is no
 * news; a memory file that can't be executed is some (memfd: deny).
 */
static bool never_executes(const struct look *look, int fd, enum role role)
{
	struct identity id;

	return role != ROLE_ELF_INTERPRETER && look->pace == PACE_FULL &&
	       stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0 &&
	       !(filesystem_is_memory(fd) && id.nlink == 0) &&
	       caller_is_refused(look->target.tid, fd, &id);
}

enum outcome look_at_chain(struct look *look, int take_fd,
			   const struct identity *stop_at)
{
	OWNED(close_owned) int fd = take_fd;
	enum role role = ROLE_PROGRAM;
	struct found found;
	struct err e;

	for (int depth = 0; depth <= SCRIPTS_DEEP + 1; depth++) {
		size_t index = look->out->facts.count;
		const struct identity *id = &look->out->identities[index];
		enum outcome outcome;
		bool script;

		if (!look->out->facts.proven &&
		    never_executes(look, fd, role)) {
			look->out->error = EACCES;
			return OUTCOME_ERROR;
		}
		outcome = look_at(look, fd, role, &found);
		if (outcome != OUTCOME_DECIDED)
			return outcome;
		script = found.kind == KIND_SCRIPT;
		if (look->out->facts.unresolvable ||
		    role == ROLE_ELF_INTERPRETER || !found.interpreter[0] ||
		    (stop_at && (!script || identity_same_file(id, stop_at))))
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

static enum outcome look_at_requested(struct look *look,
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
	if (target_read_string(&look->target, address, path, PATH_MAX, &e) < 0)
		return fail_to_read(look, address, &e);
	if (look_open(look, dirfd, path, flags, &fd, &e) < 0)
		return fail(look, &e);
	return look_at_chain(look, fd, NULL);
}

enum outcome look_at_exec(struct look *look, const struct notification *n)
{
	enum outcome outcome = look_at_requested(look, n);
	bool at = n->call == CALL_EXECVEAT;

	if (outcome != OUTCOME_DECIDED || look->out->facts.unresolvable ||
	    look->judge->container->config.scripts != SCRIPTS_ENFORCE ||
	    n->compat)
		return outcome;
	return look_at_scripts(look, n->args[at ? 2 : 1]);
}

enum outcome look_at_check(struct look *look, const struct notification *n)
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
		return fail(look, &e);
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
	    !S_ISREG(id.mode) || !caller_may_execute(n->tid, &id) ||
	    fstatvfs(fd, &fs) < 0 || (fs.f_flag & ST_NOEXEC)) {
		look->out->error = EACCES;
		return OUTCOME_ERROR;
	}
	return look_at(look, fd, ROLE_PROGRAM, &found);
}
