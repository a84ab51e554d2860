#include "look.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	ARGS_SIZE = 32 * 1024, /* bytes of argv that are understood */
	ARGS_COUNT = 1024,
};

static enum outcome unresolvable(struct look *look)
{
	look->out->facts.unresolvable = true;
	return OUTCOME_DECIDED;
}

static enum interpreter find_interpreter(const struct look *look)
{
	const struct judge *judge = look->judge;
	const struct file_facts *program = &look->out->facts.files[0];

	if (!program->hashed && !program->stat_matches)
		return INTERPRETER_NONE;
	for (size_t i = 0; i < judge->interpreter_count; i++)
		if (memcmp(judge->interpreters[i].digest, program->digest,
			   DIGEST_SIZE) == 0)
			return judge->interpreters[i].interpreter;
	return INTERPRETER_NONE;
}

/* The arguments that it has. */
static ssize_t read_own(const struct look *look, char args[ARGS_SIZE])
{
	OWNED(close_owned) int fd = -1;
	char path[64];
	ssize_t len = 0;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline",
		       look->target.tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (len < ARGS_SIZE &&
	       (n = read(fd, args + len, (size_t)(ARGS_SIZE - len))) > 0)
		len += n;
	return len;
}

/* The arguments that it is to have, where the caller of execve keeps them. */
static ssize_t read_asked(const struct look *look, uint64_t argv,
			  char args[ARGS_SIZE])
{
	size_t len = 0;

	for (size_t i = 0; i < ARGS_COUNT && len < ARGS_SIZE; i++) {
		uint64_t pointer;

		if (target_read(&look->target, argv + i * sizeof(pointer),
				&pointer, sizeof(pointer), NULL) < 0)
			return -1;
		if (!pointer)
			break;
		if (target_read_string(&look->target, pointer, args + len,
				       ARGS_SIZE - len, NULL) < 0)
			return -1;
		len += strlen(args + len) + 1;
	}
	return (ssize_t)len;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void await_name(struct awaited *awaited, const char *path)
{
	const char *name = last_part(path);

	if (awaited->name_count < ARRAY_LEN(awaited->names))
		(void)snprintf(awaited->names[awaited->name_count++],
			       sizeof(awaited->names[0]), "%s", name);
}

/* Its interpreter opens it later, by whatever name leads there then. */
static void await(struct look *look, const char *path, int fd)
{
	struct awaited *awaited = &look->out->awaited;
	char real[PATH_MAX];

	awaited->left++;
	await_name(awaited, path);
	if (target_path_of(fd, real, sizeof(real), NULL) == 0)
		await_name(awaited, real);
}

static enum outcome look_at_script(struct look *look, int fd)
{
	struct identity id;
	struct found found;

	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unresolvable(look);
	/* A pipe or a terminal: what comes is nobody's file. */
	if (!S_ISREG(id.mode) || look_seen(look, &id))
		return OUTCOME_DECIDED;
	return look_at(look, fd, ROLE_SCRIPT, &found);
}

/* 1: this is no file that could be meant. */
static enum outcome try_name(struct look *look, const struct operand *operand,
			     const char *suffix, bool awaits, bool *ret_found)
{
	OWNED(close_owned) int fd = -1;
	OWNED(free_owned) char *path = NULL;
	enum outcome outcome;
	struct identity id;
	struct err e;

	*ret_found = false;
	if (asprintf(&path, "%s%s", operand->name, suffix) < 0) {
		path = NULL;
		return unresolvable(look);
	}
	if (operand->kind == OPERAND_MODULE)
		for (char *at = path; at < path + strlen(operand->name); at++)
			*at = *at == '.' ? '/' : *at;
	if (look_open(look, TARGET_CWD, path, 0, &fd, &e) < 0)
		return look->pace == PACE_FAST && e.code == EAGAIN
			       ? OUTCOME_SLOW
			       : OUTCOME_DECIDED;
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return unresolvable(look);
	if (S_ISDIR(id.mode))
		return OUTCOME_DECIDED;
	*ret_found = true;
	outcome = look_at_script(look, fd);
	if (awaits && outcome == OUTCOME_DECIDED && S_ISREG(id.mode))
		await(look, path, fd);
	return outcome;
}

static enum outcome look_at_operand(struct look *look, enum interpreter kind,
				    const struct operand *operand, bool loaded)
{
	bool enforced =
		look->judge->container->config.scripts == SCRIPTS_ENFORCE;
	/* Node reads its modules in other threads. */
	bool awaits = loaded && enforced && operand->kind == OPERAND_FILE &&
		      kind != INTERPRETER_NODE;
	bool found = false;

	for (const char *const *suffix = operand->suffixes; *suffix && !found;
	     suffix++) {
		enum outcome outcome =
			try_name(look, operand, *suffix, awaits, &found);

		if (outcome != OUTCOME_DECIDED)
			return outcome;
	}
	if (found || !enforced || operand->kind != OPERAND_FILE)
		return OUTCOME_DECIDED;
	/* It finds it elsewhere, as a shell does on PATH, or not at all. */
	if (kind == INTERPRETER_NODE)
		return unresolvable(look);
	if (awaits) {
		look->out->awaited.left++;
		await_name(&look->out->awaited, operand->name);
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
		return unresolvable(look);
	/* A file without a name is how shells hand over what stands in
	 * themselves (<<EOF); it is as good as a pipe. */
	return id.nlink == 0 ? OUTCOME_DECIDED : look_at_script(look, fd);
}

enum outcome look_at_scripts(struct look *look, uint64_t argv)
{
	enum interpreter kind = find_interpreter(look);
	struct operand operands[OPERANDS_MAX];
	enum outcome outcome = OUTCOME_DECIDED;
	char args[ARGS_SIZE];
	ssize_t len;
	int count;

	if (kind == INTERPRETER_NONE)
		return OUTCOME_DECIDED;
	len = argv ? read_asked(look, argv, args) : read_own(look, args);
	count = len < 0 ? -1
			: interpreter_operands(kind, args, (size_t)len,
					       operands);
	if (count < 0)
		return look->judge->container->config.scripts == SCRIPTS_ENFORCE
			       ? unresolvable(look)
			       : OUTCOME_DECIDED;
	for (int i = 0; i < count && outcome == OUTCOME_DECIDED; i++) {
		if (operands[i].kind == OPERAND_INPUT)
			outcome = look_at_input(look);
		else if (operands[i].kind != OPERAND_NONE)
			outcome = look_at_operand(look, kind, &operands[i],
						  argv == 0);
	}
	return outcome;
}
