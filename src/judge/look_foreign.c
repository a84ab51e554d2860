#include "look_internal.h"
#include "look_words_internal.h"
#include "sha256.h"
#include "stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The interpreter that is registered under the name by which a program was
 * started. */
struct registered {
	struct entry entry;
	bool opens;    /* flag O or C: it gets the program as a descriptor */
	bool argument; /* flag P: it gets the program's own name as well   */
};

/* The kernel keeps that file open, so that no other has its numbers. */
static bool has_numbers(const struct entry *entry, const struct identity *id)
{
	return identity_same_file(&entry->identity, id) &&
	       entry->identity.size == id->size &&
	       entry->identity.mtime_ns == id->mtime_ns;
}

static bool is_registered(const struct judge *judge, const struct identity *id)
{
	struct entry entry;

	for (size_t i = 0; i < manifest_count(judge->binfmt); i++) {
		manifest_entry(judge->binfmt, i, &entry);
		if (has_numbers(&entry, id))
			return true;
	}
	return false;
}

/* binfmt_misc names it by the first argument. One name may be registered for
 * several kinds of programs, with other flags: the fewest are believed. */
static bool find_registered(const struct judge *judge,
			    const struct identity *id, const char *name,
			    struct registered *ret)
{
	bool found = false;

	ret->opens = true;
	for (size_t i = 0; i < manifest_count(judge->binfmt); i++) {
		struct entry entry;

		manifest_entry(judge->binfmt, i, &entry);
		if (!has_numbers(&entry, id) || strcmp(entry.path, name) != 0)
			continue;
		ret->entry = entry;
		ret->opens = ret->opens && strpbrk(entry.interpreter, "OC");
		ret->argument = strchr(entry.interpreter, 'P') != NULL;
		found = true;
	}
	return found;
}

/* The file may have lost a name since, as by an upgrade; or the kernel has
 * released it, and another file has its numbers. */
static bool holds_the_same(int exe, const struct identity *id,
			   const struct entry *entry)
{
	OWNED(close_owned) int fd = -1;
	uint8_t digest[DIGEST_SIZE];

	return entry->identity.ctime_ns == id->ctime_ns ||
	       (target_reopen(exe, &fd, NULL) == 0 &&
		sha256_file(fd, id->size, digest, NULL) == 0 &&
		memcmp(digest, entry->digest, DIGEST_SIZE) == 0);
}

/* Open the file that the interpreter will run: by its descriptor, or by its
 * name, which may lead to another file when the interpreter opens it. If
 * scripts are enforced, a name isn't enough. */
static int open_program(struct look *look, const struct registered *registered,
			const struct words *words, int *ret_fd, struct err *e)
{
	int number = target_execfd(look->target.tid);
	size_t name = strlen(words->text) + 1;
	char link[32];

	if (number >= 0) {
		(void)snprintf(link, sizeof(link), "fd/%d", number);
		return target_open_link(look->target.tid, link, ret_fd, e);
	}
	if (registered->opens || name >= words->len ||
	    look->judge->container->config.scripts == SCRIPTS_ENFORCE)
		return err_set(e, 0, "not started by binfmt_misc");
	return look_open(look, TARGET_CWD, words->text + name, 0, ret_fd, e);
}

static enum outcome add_interpreter(struct look *look, int exe,
				    const struct registered *registered)
{
	struct facts *facts = &look->out->facts;
	struct file_facts *file = &facts->files[facts->count];
	char *path = look->out->paths[facts->count];

	if (facts->count == FILES_MAX)
		return look_unresolvable(look);
	*file = (struct file_facts){
		.role = ROLE_ELF_INTERPRETER,
		.place = PLACE_FOREIGN,
		.elf = true,
		.registered = true,
		.stat_matches = true,
	};
	memcpy(file->digest, registered->entry.digest, DIGEST_SIZE);
	if (look->pace == PACE_FULL &&
	    target_path_of(exe, path, PATH_MAX, NULL) == 0)
		file->path = path;
	look->out->identities[facts->count++] = look->exe;
	return OUTCOME_DECIDED;
}

static enum outcome look_at_program(struct look *look, int take_fd)
{
	OWNED(close_owned) int fd = take_fd;
	struct identity id;
	enum outcome outcome;

	/* This is the interpreter itself under its own name: it was executed as
	 * any program. */
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
	    identity_same_file(&id, &look->exe))
		return OUTCOME_PASS;
	outcome = look_at_chain(look, FD_MOVE(fd), NULL);
	return outcome == OUTCOME_ERROR ? look_unresolvable(look) : outcome;
}

enum outcome look_at_foreign(struct look *look, int exe)
{
	OWNED(words_owned) struct words words = {0};
	struct registered registered = {0};
	enum outcome outcome;
	struct err e = {0};
	int fd = -1;

	if (stat_identity(exe, "", AT_EMPTY_PATH, &look->exe) < 0)
		return look_unresolvable(look);
	if (!is_registered(look->judge, &look->exe))
		return OUTCOME_PASS;
	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	if (words_read_own(look, &words) < 0 || words.len == 0 ||
	    words.text[words.len - 1] != '\0' ||
	    !find_registered(look->judge, &look->exe, words.text,
			     &registered) ||
	    !holds_the_same(exe, &look->exe, &registered.entry) ||
	    open_program(look, &registered, &words, &fd, &e) < 0)
		return OUTCOME_PASS;
	outcome = look_at_program(look, fd);
	if (outcome != OUTCOME_DECIDED || look->out->facts.unresolvable)
		return outcome;
	look->foreign_words = registered.argument ? 2 : 1;
	return add_interpreter(look, exe, &registered);
}
