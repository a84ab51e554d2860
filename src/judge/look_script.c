#include "file.h"
#include "look_internal.h"
#include "look_words_internal.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The script isn't known. With scripts: audit nothing is refused for that. */
static enum outcome unknown(struct look *look)
{
	if (look->judge->container->config.scripts == SCRIPTS_ENFORCE)
		look->out->facts.unresolvable = true;
	return OUTCOME_DECIDED;
}

/*
 * ld.so runs the program that its arguments name: as if it had been executed
 * with what follows. That program is judged when it is mapped.
 */
static enum outcome look_through_loader(struct look *look, struct words *words,
					enum interpreter *ret)
{
	OWNED(close_owned) int fd = -1;
	uint8_t digest[DIGEST_SIZE];
	enum outcome outcome;
	struct identity id;
	struct entry entry;
	size_t program;
	size_t argv0;
	struct err e;

	*ret = INTERPRETER_NONE;
	switch (interpreter_loaded(words->text, words->len, &program, &argv0)) {
	case 0:
		break;
	case 1:
		return OUTCOME_DECIDED;
	default:
		return unknown(look);
	}
	if (look_open(look, TARGET_CWD, words->text + program, 0, &fd, &e) < 0)
		return look->pace == PACE_FAST && e.code == EAGAIN
			       ? OUTCOME_SLOW
			       : unknown(look);
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unknown(look);
	if (manifest_find_identity(look->judge->sealed.manifests[SEALED_IMAGE],
				   &id, &entry))
		*ret = look_interpreter(look->judge, entry.digest);
	else if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	else if (look_size_shipped(look->judge, id.size)) {
		outcome = look_digest(look, fd, &id, digest);
		if (outcome == OUTCOME_SLOW)
			return OUTCOME_SLOW;
		if (outcome != OUTCOME_DECIDED)
			return unknown(look);
		*ret = look_interpreter(look->judge, digest);
	}
	if (*ret == INTERPRETER_LOADER)
		return unknown(look);
	words_load(words, program, argv0);
	return OUTCOME_DECIDED;
}

static void await_name(struct look *look, const char *path, bool counts)
{
	struct awaited *awaited = &look->out->awaited;
	struct awaited_name *name = &awaited->names[awaited->name_count];

	if (awaited->name_count == ARRAY_LEN(awaited->names)) {
		(void)unknown(look);
		return;
	}
	(void)snprintf(name->path, sizeof(name->path), "%s", path);
	name->counts = counts;
	awaited->name_count++;
}

/* Python joins the whole path in this way. */
static void await_from_cwd(struct look *look, const char *path)
{
	OWNED(close_owned) int fd = -1;
	OWNED(free_owned) char *whole = NULL;
	char cwd[PATH_MAX];

	if (path[0] == '/' ||
	    target_open_link(look->target.tid, "cwd", &fd, NULL) < 0 ||
	    target_path_of(fd, cwd, sizeof(cwd), NULL) < 0)
		return;
	whole = file_in(strcmp(cwd, "/") == 0 ? "" : cwd, path);
	if (whole)
		await_name(look, whole, true);
}

/* The interpreter opens the script later, and the name may lead to another file
 * then. It opens this name; PHP and Ruby open the name with links resolved.
 * Python opens it twice, once to see whether it is an archive, and a folder's
 * __main__.py once, unless that folder is a file by then. */
static void await(struct look *look, enum interpreter kind, const char *path,
		  const struct operand *operand, int fd)
{
	struct awaited *awaited = &look->out->awaited;
	bool whole = strlen(path) == strlen(operand->name);
	char real[PATH_MAX];

	awaited->left += kind == INTERPRETER_PYTHON && whole ? 2 : 1;
	await_name(look, path, true);
	if (kind == INTERPRETER_PYTHON) {
		await_from_cwd(look, path);
		if (!whole)
			await_name(look, operand->name, false);
	}
	if ((kind == INTERPRETER_PHP || kind == INTERPRETER_RUBY) &&
	    target_path_of(fd, real, sizeof(real), NULL) == 0)
		await_name(look, real, true);
}

static enum outcome look_at_script(struct look *look, int fd)
{
	struct identity id;
	struct found found;

	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unknown(look);
	/* A pipe or a terminal: its text is in no file. */
	if (!S_ISREG(id.mode) || look_seen(look, &id))
		return OUTCOME_DECIDED;
	if (look->out->facts.count >= FILES_MAX - 1)
		return unknown(look);
	return look_at(look, fd, ROLE_SCRIPT, &found);
}

static enum outcome try_name(struct look *look, enum interpreter kind,
			     const struct operand *operand, const char *suffix,
			     bool *ret_found)
{
	OWNED(close_owned) int fd = -1;
	OWNED(free_owned) char *path = NULL;
	enum outcome outcome;
	struct identity id;
	struct err e;

	*ret_found = false;
	path = text_format("%s%s", operand->name, suffix);
	if (!path)
		return unknown(look);
	if (operand->kind == OPERAND_MODULE)
		for (char *at = path; at < path + strlen(operand->name); at++)
			if (*at == '.')
				*at = '/';
	if (look_open(look, TARGET_CWD, path, 0, &fd, &e) < 0)
		return look->pace == PACE_FAST && e.code == EAGAIN
			       ? OUTCOME_SLOW
			       : OUTCOME_DECIDED;
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unknown(look);
	if (S_ISDIR(id.mode))
		return OUTCOME_DECIDED;
	*ret_found = true;
	/* The file that package.json names is known to Node alone. */
	if (kind == INTERPRETER_NODE && strcmp(suffix, "/package.json") == 0)
		(void)unknown(look);
	outcome = look_at_script(look, fd);
	if (operand->kind == OPERAND_FILE && outcome == OUTCOME_DECIDED)
		await(look, kind, path, operand, fd);
	return outcome;
}

/* Any file with such an ending is judged; the script among them isn't known:
 * libraries and files that the interpreter reads first may have the same
 * ending. */
static void await_elsewhere(struct look *look, const struct operand *operand)
{
	for (const char *const *suffix = operand->suffixes; *suffix; suffix++) {
		OWNED(free_owned)
		char *name = text_format("%s%s", operand->name, *suffix);

		if (name)
			await_name(look, name, false);
		else
			(void)unknown(look);
	}
}

/* perl and gawk take "/dev/fd/3" for the descriptor, even if a file has that
 * name. */
static enum outcome look_at_descriptor(struct look *look,
				       const struct operand *operand)
{
	OWNED(close_owned) int fd = -1;
	const char *number = operand->name + strlen("/dev/fd/");
	char link[32];

	if (strcmp(operand->name, "/dev/stdin") == 0)
		number = "0";
	else if (strncmp(operand->name, "/dev/fd/", strlen("/dev/fd/")) != 0)
		return OUTCOME_DECIDED;
	(void)snprintf(link, sizeof(link), "fd/%d", atoi(number));
	return target_open_link(look->target.tid, link, &fd, NULL) < 0
		       ? OUTCOME_DECIDED
		       : look_at_script(look, fd);
}

/* A module's packages are run before it. */
static enum outcome look_at_packages(struct look *look,
				     const struct operand *operand)
{
	OWNED(free_owned) char *name = strdup(operand->name);
	struct operand package = *operand;
	enum outcome outcome = OUTCOME_DECIDED;
	char *dot;

	if (!name)
		return unknown(look);
	package.name = name;
	while (outcome == OUTCOME_DECIDED && (dot = strrchr(name, '.'))) {
		*dot = '\0';
		for (const char *const *suffix = package.suffixes;
		     *suffix && outcome == OUTCOME_DECIDED; suffix++) {
			bool found;

			outcome = try_name(look, INTERPRETER_PYTHON, &package,
					   *suffix, &found);
		}
	}
	return outcome;
}

/* Python goes into an archive by names below it: "app.zip/folder". */
static enum outcome look_for_archive(struct look *look,
				     const struct operand *operand,
				     bool *ret_found)
{
	static const char *const none[] = {"", NULL};
	char path[PATH_MAX];
	struct operand archive = {
		.kind = OPERAND_FILE, .name = path, .suffixes = none};
	char *slash;

	if (strlen(operand->name) >= sizeof(path))
		return unknown(look);
	(void)snprintf(path, sizeof(path), "%s", operand->name);
	while (!*ret_found && (slash = strrchr(path, '/')) && slash != path) {
		enum outcome outcome;

		*slash = '\0';
		outcome = try_name(look, INTERPRETER_PYTHON, &archive, "",
				   ret_found);
		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	return OUTCOME_DECIDED;
}

static enum outcome look_at_operand(struct look *look, enum interpreter kind,
				    const struct operand *operand)
{
	struct operand resolved = *operand;
	OWNED(free_owned) char *name = NULL;
	bool found = false;

	if (kind == INTERPRETER_NODE) {
		name = malloc(strlen(operand->name) + 2);
		if (!name || !interpreter_resolve(operand->name, name))
			return unknown(look);
		resolved.name = name;
		operand = &resolved;
	}
	/* More than one of a module's files are run. */
	for (const char *const *suffix = operand->suffixes;
	     *suffix && (!found || operand->kind == OPERAND_MODULE); suffix++) {
		enum outcome outcome =
			try_name(look, kind, operand, *suffix, &found);

		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	if (!found && kind == INTERPRETER_PYTHON &&
	    operand->kind == OPERAND_FILE) {
		enum outcome outcome = look_for_archive(look, operand, &found);

		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	if (operand->kind == OPERAND_MODULE)
		return look_at_packages(look, operand);
	if (kind == INTERPRETER_PERL || kind == INTERPRETER_AWK) {
		enum outcome outcome = look_at_descriptor(look, operand);

		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	/* The interpreter finds it in another folder, as a shell does on PATH,
	 * or not at all. */
	if (!found && operand->kind == OPERAND_FILE) {
		look->out->awaited.left++;
		look->out->awaited.elsewhere = true;
		if (kind != INTERPRETER_NODE)
			await_elsewhere(look, operand);
	}
	return OUTCOME_DECIDED;
}

static enum outcome look_at_input(struct look *look)
{
	OWNED(close_owned) int fd = -1;
	struct identity id;

	if (target_open_link(look->target.tid, "fd/0", &fd, NULL) < 0)
		return OUTCOME_DECIDED;
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unknown(look);
	/* Shells hand over a here-document (<<EOF) as a file without a name; it
	 * counts as a pipe. */
	return id.nlink == 0 ? OUTCOME_DECIDED : look_at_script(look, fd);
}

/* The scripts that it has still to open matter if scripts are enforced and it
 * runs. Node reads its modules in other threads: a module that isn't found by
 * name here isn't known. */
static enum outcome await_or_not(struct look *look, enum interpreter kind,
				 bool loaded)
{
	struct awaited *awaited = &look->out->awaited;
	bool enforced =
		look->judge->container->config.scripts == SCRIPTS_ENFORCE;

	if (enforced && kind == INTERPRETER_NODE && awaited->elsewhere)
		return unknown(look);
	if (!enforced || !loaded || kind == INTERPRETER_NODE)
		awaited->left = 0;
	return OUTCOME_DECIDED;
}

enum outcome look_at_words(struct look *look, enum interpreter kind,
			   uint64_t argv)
{
	OWNED(words_owned) struct words words = {0};
	struct operands operands = {.understood = true};
	enum outcome outcome = OUTCOME_DECIDED;

	if ((argv ? words_read_asked(look, argv, &words)
		  : words_read_own(look, &words)) < 0 ||
	    (!argv && !words_drop(&words, look->foreign_words))) {
		if (look->pace == PACE_FAST)
			return OUTCOME_SLOW;
		/* The proof sees its real arguments. */
		return argv ? OUTCOME_DECIDED : unknown(look);
	}
	look->out->awaited.by_loader = kind == INTERPRETER_LOADER;
	if (kind == INTERPRETER_LOADER)
		outcome = look_through_loader(look, &words, &kind);
	if (outcome == OUTCOME_DECIDED && kind != INTERPRETER_NONE)
		interpreter_operands(kind, words.text, words.len, &operands);
	look->out->facts.unclear =
		!operands.understood &&
		look->judge->container->config.scripts == SCRIPTS_ENFORCE;
	for (int i = 0; i < operands.count && outcome == OUTCOME_DECIDED; i++) {
		const struct operand *operand = &operands.at[i];

		if (operand->kind == OPERAND_INPUT)
			outcome = look_at_input(look);
		else if (operand->kind != OPERAND_NONE)
			outcome = look_at_operand(look, kind, operand);
	}
	return outcome == OUTCOME_DECIDED
		       ? await_or_not(look, kind, !argv && !look->foreign_words)
		       : outcome;
}

enum outcome look_at_opened(struct look *look, int fd)
{
	OWNED(close_owned) int script = -1;
	struct identity id;
	struct found found;
	char name[32];

	(void)snprintf(name, sizeof(name), "fd/%d", fd);
	if (target_open_link(look->target.tid, name, &script, NULL) < 0 ||
	    stat_identity(script, "", AT_EMPTY_PATH, &id) < 0)
		return look_unresolvable(look);
	return S_ISREG(id.mode) ? look_at(look, script, ROLE_SCRIPT, &found)
				: OUTCOME_PASS;
}
