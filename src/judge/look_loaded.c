#include "filesystem.h"
#include "look_internal.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool is_numbered(const struct mapping *mapping,
			const struct identity *id)
{
	return mapping->dev == id->dev && mapping->ino == id->ino;
}

/* Rootless, mappings can't be followed. The kernel has mapped the program and
 * the interpreter that it names: a mapping with the interpreter's numbers, on
 * the image, if these identify a single file, is that file. */
static enum outcome look_at_numbers(struct look *look,
				    const struct mapping *mappings,
				    size_t count, const char *interpreter)
{
	const struct identity exe = look->exe;
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
				       : look_unresolvable(look);
		if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
		    !is_numbered(&mappings[i], &id) ||
		    !look_is_image(look->judge, id.dev))
			return look_unresolvable(look);
	}
	/* The program has an interpreter, but no other mapping was seen: it
	 * must share the program's numbers. */
	if (interpreter[0] && fd < 0)
		return look_unresolvable(look);
	if (fd >= 0)
		outcome = look_at(look, fd, ROLE_ELF_INTERPRETER, &found);
	return outcome;
}

/* Inspect the ELF interpreter, and every other file that the kernel mapped
 * executable. Each mapped file itself is opened: the numbers in /proc/PID/maps
 * are not those of stat, and two files of an overlay can share them. */
static enum outcome look_at_mappings(struct look *look,
				     const struct mapping *mappings,
				     size_t count, bool *ret_own)
{
	for (size_t i = 0; i < count; i++) {
		struct identity id;
		enum outcome outcome = look_at_mapping(
			look, &mappings[i], ROLE_ELF_INTERPRETER, &id);

		if (outcome == OUTCOME_ERROR)
			return look_unresolvable(look);
		*ret_own |= identity_same_file(&id, &look->out->identities[0]);
		if (outcome == OUTCOME_SLOW)
			return outcome;
	}
	return OUTCOME_DECIDED;
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
	outcome = look_at_mappings(look, mappings, count, &own);
	if (outcome == OUTCOME_DECIDED && !own && filesystem_is_overlay(exe))
		trust_what_is_below(look);
	return outcome;
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

	if (target_execfn(look->target.tid, stack_end, name, PATH_MAX, &e) < 0)
		return look_unresolvable(look);
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
