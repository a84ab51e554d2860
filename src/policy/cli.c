#include "cli.h"

#include "cli_internal.h"

#include <string.h>

static const struct {
	const char *word;
	enum command command;
	unsigned scope;
} commands[] = {
	{"create", COMMAND_CREATE, CREATE},
	{"run", COMMAND_RUN, RUN},
	{"restore", COMMAND_RESTORE, RESTORE},
	{"exec", COMMAND_EXEC, EXEC},
	{"delete", COMMAND_DELETE, DELETE},
	{"help", COMMAND_HELP, 0},
	{"h", COMMAND_HELP, 0},
};

static void doubt(struct reading *r, int at)
{
	if (r->cli.unknown_option)
		return;
	r->cli.unknown_option = r->argv[at];
	r->doubt_at = at;
}

/* strconv.ParseBool's words; any other is an error of the runtime's. */
static bool is_false(const char *value)
{
	static const char *const words[] = {"0",     "f",     "F",
					    "false", "False", "FALSE"};

	for (size_t i = 0; value && i < ARRAY_LEN(words); i++) {
		if (strcmp(value, words[i]) == 0)
			return true;
	}
	return false;
}

static void take(struct reading *r, const struct option *option,
		 const char *value)
{
	void *field = (char *)r + option->field;

	if (option->takes == VALUE && !value && r->at < r->argc)
		value = r->argv[r->at++];
	/* This is the last word: runc moves options to the front, so that the
	 * first of the other words may become its value. */
	else if (option->takes == VALUE && !value)
		doubt(r, r->argc - 1);
	if (!option->field)
		return;
	if (option->takes == VALUE)
		*(const char **)field = value;
	else
		*(bool *)field = !is_false(value);
}

/* -d, -dbX, -bX as getopt(3) reads them; false where it wouldn't. */
static bool read_letters(struct reading *r, const char *letters, bool apply)
{
	for (; *letters; letters++) {
		const struct option *option = cli_option_by_letter(r, *letters);
		const char *rest = letters[1] ? letters + 1 : NULL;

		if (!option)
			return false;
		if (option->takes == NOTHING)
			rest = NULL;
		if (apply)
			take(r, option, rest);
		if (option->takes != NOTHING)
			return true;
	}
	return true;
}

static void read_option(struct reading *r)
{
	int at = r->at++;
	const char *word = r->argv[at];
	bool two = word[1] == '-';
	const char *name = word + (two ? 2 : 1);
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option *option = NULL;
	bool letters = !two && read_letters(r, name, false);

	if (len)
		option = cli_option_by_name(r, name, len);
	if (!option && two && len)
		option = cli_option_by_start(r, name, len);
	if (option && letters && name[1]) {
		if (r->dialect == CLI_EITHER)
			doubt(r, at);
		else if (r->dialect == CLI_CRUN)
			option = NULL;
	}
	if (option)
		take(r, option, value);
	else if (letters)
		(void)read_letters(r, name, true);
	else
		doubt(r, at);
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

static bool is_padded(const char *word)
{
	static const char space[] = " \t\n\v\f\r";
	size_t len = strlen(word);

	return len && (strchr(space, word[0]) || strchr(space, word[len - 1]));
}

static void read_global(struct reading *r)
{
	r->scope = GLOBAL;
	while (r->at < r->argc) {
		const char *word = r->argv[r->at];

		if (is_padded(word))
			doubt(r, r->at);
		if (!is_option(word))
			return;
		if (strcmp(word, "--") == 0) {
			r->at++;
			return;
		}
		read_option(r);
	}
}

static void read_command(struct reading *r, int at)
{
	r->cli.command = COMMAND_OTHER;
	r->cli.command_index = 0;
	r->scope = 0;
	if (at >= r->argc)
		return;
	r->cli.command_index = at;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(r->argv[at], commands[i].word) != 0)
			continue;
		r->cli.command = commands[i].command;
		r->scope = commands[i].scope;
	}
}

/* Find the command, and move r->at behind it. */
static void find_command(struct reading *r)
{
	const unsigned sensitive = CREATE | RUN | RESTORE | EXEC;
	int first = r->at;

	read_command(r, first);
	if (r->cli.unknown_option) {
		int at = r->doubt_at;

		while (!(r->scope & sensitive) && ++at < r->argc)
			read_command(r, at);
		if (!(r->scope & sensitive))
			read_command(r, first);
	}
	if (r->cli.command_index)
		r->at = r->cli.command_index + 1;
}

static void read_arguments(struct reading *r)
{
	bool ended = false;

	while (r->at < r->argc) {
		const char *word = r->argv[r->at];

		if (!ended && is_padded(word))
			doubt(r, r->at);
		if (!ended && strcmp(word, "--") == 0) {
			ended = true;
			r->at++;
			continue;
		}
		if (!ended && is_option(word)) {
			read_option(r);
			continue;
		}
		r->at++;
		if (!r->cli.id)
			r->cli.id = word;
		/* The following words are the command that is executed. */
		if (r->cli.command == COMMAND_EXEC)
			return;
	}
	/* runc takes an unknown option for the id then. */
	if (ended && !r->cli.id)
		doubt(r, r->argc - 1);
}

enum cli_dialect cli_dialect_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	if (strcmp(name, "runc") == 0)
		return CLI_RUNC;
	return strcmp(name, "crun") == 0 ? CLI_CRUN : CLI_EITHER;
}

void cli_parse(int argc, char *const argv[], enum cli_dialect dialect,
	       struct cli *ret)
{
	struct reading r = {
		.argc = argc, .argv = argv, .at = 1, .dialect = dialect};

	read_global(&r);
	find_command(&r);
	if (r.scope)
		read_arguments(&r);
	/* If a word is uncertain, --help may be the value of an option. */
	if (r.help && !r.cli.unknown_option)
		r.cli.command = COMMAND_HELP;
	else if (r.version && !r.cli.unknown_option)
		r.cli.command = COMMAND_VERSION;
	if (r.regex)
		r.cli.id = NULL;
	r.cli.log_json = r.log_format && strcmp(r.log_format, "json") == 0;
	*ret = r.cli;
}
