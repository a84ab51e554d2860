#include "look_internal.h"

#include "caller.h"
#include "filesystem.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SCRIPTS_DEEP = 5 }; /* rewrites that fs/exec.c allows */

bool look_is_image(const struct judge *judge, uint64_t dev)
{
	for (size_t i = 0; i < judge->container->device_count; i++)
		if (judge->container->devices[i].seen == dev)
			return true;
	return false;
}

int look_open(struct look *look, int dirfd, const char *path, int flags,
	      int *ret_fd, struct err *e)
{
	return look->pace == PACE_FAST
		       ? target_open_fast(&look->target, dirfd, path, flags,
					  ret_fd, e)
		       : target_open(&look->target, dirfd, path, flags, ret_fd,
				     e);
}

bool look_seen(const struct look *look, const struct identity *id)
{
	const struct inspection *out = look->out;

	for (size_t i = 0; i < out->facts.count; i++)
		if (identity_same_file(&out->identities[i], id) &&
		    out->identities[i].mount == id->mount)
			return true;
	return false;
}

enum outcome look_unresolvable(struct look *look)
{
	look->out->facts.unresolvable = true;
	return OUTCOME_DECIDED;
}

bool look_failed_itself(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == EIO || error == EPERM;
}

enum outcome look_fail(struct look *look, const struct err *e)
{
	if (look->pace == PACE_FAST && (e->code == EAGAIN || e->code == EACCES))
		return OUTCOME_SLOW;
	if (e->code == EACCES || look_failed_itself(e->code))
		return look_unresolvable(look);
	look->out->error = e->code;
	return OUTCOME_ERROR;
}

static bool device_matches(const struct judge *judge, uint64_t walked,
			   uint64_t seen)
{
	for (size_t i = 0; i < judge->container->device_count; i++)
		if (judge->container->devices[i].walked == walked &&
		    judge->container->devices[i].seen == seen)
			return true;
	return false;
}

/* Find the sealed entry that a stat alone identifies; racy ones are returned,
 * too. */
static bool find_by_stat(const struct judge *judge, const struct identity *id,
			 struct entry *ret)
{
	return manifest_find_identity(judge->sealed.manifests[SEALED_IMAGE], id,
				      ret) &&
	       device_matches(judge, ret->identity.dev, id->dev);
}

static void take_entry(const struct entry *entry, struct file_facts *file,
		       struct found *ret)
{
	file->stat_matches = true;
	file->elf = entry->kind == KIND_ELF;
	memcpy(file->digest, entry->digest, DIGEST_SIZE);
	ret->kind = entry->kind;
	(void)snprintf(ret->interpreter, sizeof(ret->interpreter), "%s",
		       entry->interpreter);
}

enum outcome look_at(struct look *look, int fd, enum role role,
		     struct found *ret)
{
	struct facts *facts = &look->out->facts;
	const struct judge *judge = look->judge;
	struct identity *id = &look->out->identities[facts->count];
	char *path = look->out->paths[facts->count];
	struct file_facts *file = &facts->files[facts->count];
	struct entry entry;
	enum outcome outcome;
	bool matches;

	if (facts->count == FILES_MAX)
		return OUTCOME_SLOW; /* unreachable: chains are bounded */
	*file = (struct file_facts){.role = role,
				    .private = look->maps_privately};
	ret->kind = KIND_OTHER;
	ret->interpreter[0] = '\0';
	if (stat_identity(fd, "", AT_EMPTY_PATH, id) < 0)
		return OUTCOME_SLOW;
	matches = find_by_stat(judge, id, &entry);
	if (judge->container->config.match == MATCH_PATH || judge->lineage ||
	    look->pace == PACE_FULL) {
		if (target_path_of(fd, path, PATH_MAX, NULL) == 0)
			file->path = path;
	}
	if (matches && !entry.racy &&
	    (judge->sealed.stat_trusted || !facts->proven)) {
		file->place = PLACE_IMAGE;
		take_entry(&entry, file, ret);
		facts->count++;
		return OUTCOME_DECIDED;
	}
	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	file->place = look_place(look, fd, id, file);
	facts->count++;
	file->overlay =
		file->place == PLACE_FOREIGN && filesystem_is_overlay(fd);
	file->placed =
		look_path_matters(judge) && look_is_placed(judge, id, file);
	file->nature = look_nature(judge, fd);
	if (file->nature != NATURE_FILE)
		return OUTCOME_DECIDED;
	file->untouched = !matches && look_is_untouched(judge, id, file->path);
	outcome = look_read(look, fd, matches ? entry.path : NULL, ret);
	/* The path also distinguishes a modified file from one that isn't in
	 * the image. */
	if (!look_path_matters(judge) &&
	    !decision_shipped_as(&judge->sealed, file))
		file->placed = look_is_placed(judge, id, file);
	return outcome;
}

/* Files that execve refuses by itself needn't be read, and have no event; but a
 * memory file that can't be executed (memfd: deny) has one. */
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
			return look_fail(look, &e);
		role = script ? ROLE_INTERPRETER : ROLE_ELF_INTERPRETER;
	}
	look->out->error = ELOOP;
	return OUTCOME_ERROR;
}

enum outcome look_at_named(struct look *look, int dirfd, const char *path,
			   int flags)
{
	struct err e;
	int fd;

	if (look_open(look, dirfd, path, flags, &fd, &e) < 0)
		return look_fail(look, &e);
	return look_at_chain(look, fd, NULL);
}

enum interpreter look_interpreter(const struct judge *judge,
				  const uint8_t digest[DIGEST_SIZE])
{
	for (size_t i = 0; i < judge->interpreter_count; i++)
		if (memcmp(judge->interpreters[i].digest, digest,
			   DIGEST_SIZE) == 0)
			return judge->interpreters[i].interpreter;
	return INTERPRETER_NONE;
}

static enum interpreter find_interpreter(const struct look *look)
{
	const struct file_facts *program = &look->out->facts.files[0];

	return program->hashed || program->stat_matches
		       ? look_interpreter(look->judge, program->digest)
		       : INTERPRETER_NONE;
}

enum outcome look_at_scripts(struct look *look, uint64_t argv)
{
	const enum interpreter kind = find_interpreter(look);

	return kind == INTERPRETER_NONE ? OUTCOME_DECIDED
					: look_at_words(look, kind, argv);
}

/* Add the file of a mapping; *ret is its identity. OUTCOME_PASS: it was added
 * already. OUTCOME_ERROR: it can't be seen. Each mapped file itself is opened:
 * the numbers in /proc/PID/maps are not those of stat, and two files of an
 * overlay can share them. */
static enum outcome look_at_mapping(struct look *look,
				    const struct mapping *mapping,
				    enum role role, struct identity *ret)
{
	OWNED(close_owned) int fd = -1;
	struct found found;

	if (look->out->facts.count >= FILES_MAX - 1 ||
	    target_open_mapping(look->target.tid, mapping, &fd, NULL) < 0 ||
	    stat_identity(fd, "", AT_EMPTY_PATH, ret) < 0)
		return OUTCOME_ERROR;
	return look_seen(look, ret) ? OUTCOME_PASS
				    : look_at(look, fd, role, &found);
}

enum outcome look_at_mappings(struct look *look, const struct mapping *mappings,
			      size_t count, enum role role, bool *ret_own)
{
	enum outcome outcome = OUTCOME_PASS;

	for (size_t i = 0; i < count && outcome != OUTCOME_SLOW; i++) {
		struct identity id;
		enum outcome one;

		look->maps_privately = mappings[i].private;
		one = look_at_mapping(look, &mappings[i], role, &id);
		if (one == OUTCOME_ERROR)
			return look_unresolvable(look);
		if (one != OUTCOME_PASS)
			outcome = one;
		if (ret_own)
			*ret_own |= identity_same_file(
				&id, &look->out->identities[0]);
	}
	return outcome;
}

/* A program on an overlay over an overlay is mapped from the file below, as
 * with runc's read-only overlay of the image's own folder. That file runs, and
 * was judged with the other mappings; the program has its content. It must be a
 * file that no process writes: the exec keeps writers from the overlay's file,
 * not from the one below. */
static void trust_what_is_below(struct look *look)
{
	struct facts *facts = &look->out->facts;
	struct file_facts *program = &facts->files[0];

	for (size_t i = 1; program->hashed && i < facts->count; i++) {
		const struct file_facts *below = &facts->files[i];

		if ((below->lower || (below->stat_matches && !below->hashed)) &&
		    memcmp(below->digest, program->digest, DIGEST_SIZE) == 0)
			program->held = true;
	}
}

/* Inspect the mappings by their files or, rootless, by their numbers. */
static enum outcome look_at_mapped(struct look *look, int exe,
				   const struct mapping *mappings, size_t count,
				   const char *interpreter)
{
	enum outcome outcome;
	bool own = false;

	if (look->judge->container->mapped_by_number)
		return look_at_numbers(look, mappings, count, interpreter);
	outcome = look_at_mappings(look, mappings, count, ROLE_ELF_INTERPRETER,
				   &own);
	if (outcome == OUTCOME_SLOW)
		return outcome;
	if (!own && filesystem_is_overlay(exe))
		trust_what_is_below(look);
	return OUTCOME_DECIDED;
}

/* Inspect the name that the kernel was given. If it is a script, the loaded
 * interpreter will open it by this name, so it is judged, too. A name that
 * doesn't exist now can't be opened by the interpreter either. */
static enum outcome look_at_name(struct look *look, uint64_t stack_end)
{
	const struct identity exe = look->out->identities[0];
	char *name = look->out->requested;
	struct identity id;
	enum outcome outcome;
	struct err e;
	int fd;

	if (target_execfn(look->target.tid, stack_end, name, PATH_MAX, &e) <
	    0) {
		look->out->facts.unread = true;
		return look_unresolvable(look);
	}
	if (look_open(look, TARGET_CWD, name, 0, &fd, &e) < 0) {
		if (look->pace == PACE_FAST && e.code == EAGAIN)
			return OUTCOME_SLOW;
		return look_failed_itself(e.code) ? look_unresolvable(look)
						  : OUTCOME_DECIDED;
	}
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0) {
		(void)close(fd);
		return look_unresolvable(look);
	}
	if (identity_same_file(&id, &exe)) {
		(void)close(fd);
		return OUTCOME_DECIDED;
	}
	/* This isn't the loaded program: it is its script, or a file swapped
	 * since. */
	outcome = look_at_chain(look, fd, &exe);
	if (outcome != OUTCOME_ERROR)
		return outcome;
	return look_failed_itself(look->out->error) ? look_unresolvable(look)
						    : OUTCOME_DECIDED;
}

enum outcome look_at_loaded(struct look *look)
{
	const pid_t tid = look->target.tid;
	struct mapping mappings[MAPPINGS_MAX];
	OWNED(close_owned) int exe = -1;
	enum outcome outcome;
	uint64_t stack_end = 0;
	struct found found = {0};
	size_t count = 0;

	if (target_open_link(tid, "exe", &exe, NULL) < 0 ||
	    target_mappings(tid, mappings, &count, &stack_end, NULL) < 0)
		return look_unresolvable(look);
	outcome =
		look->judge->binfmt ? look_at_foreign(look, exe) : OUTCOME_PASS;
	if (outcome == OUTCOME_PASS) {
		outcome = look_at(look, exe, ROLE_PROGRAM, &found);
		look->exe = look->out->identities[0];
	}
	if (outcome == OUTCOME_DECIDED && !look->out->facts.unresolvable)
		outcome = look_at_mapped(look, exe, mappings, count,
					 found.interpreter);
	if (outcome == OUTCOME_DECIDED && !look->out->facts.unresolvable)
		outcome = look_at_name(look, stack_end);
	if (outcome == OUTCOME_DECIDED && !look->out->facts.unresolvable)
		outcome = look_at_scripts(look, 0);
	return outcome;
}
