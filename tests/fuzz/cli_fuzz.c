/*
 * Words of a command line, one a line: each result is one of the words or the
 * end of one, and no command that starts a program is taken for one that
 * doesn't.
 */
#include "cli.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void require_borrowed(const char *text, const char *words, size_t size)
{
	require(!text || (text >= words && text <= words + size));
}

static bool is_sensitive(enum command command)
{
	return command == COMMAND_CREATE || command == COMMAND_RUN ||
	       command == COMMAND_RESTORE || command == COMMAND_EXEC;
}

static bool names_sensitive(const char *word)
{
	return strcmp(word, "create") == 0 || strcmp(word, "run") == 0 ||
	       strcmp(word, "restore") == 0 || strcmp(word, "exec") == 0;
}

static void check(int argc, char *const *argv, const struct cli *cli)
{
	bool ends =
		cli->command == COMMAND_HELP || cli->command == COMMAND_VERSION;
	bool sensitive = is_sensitive(cli->command);

	require(cli->command_index >= 0);
	require(!cli->command_index || cli->command_index < argc);
	if (cli->command_index && names_sensitive(argv[cli->command_index]))
		require(sensitive || (ends && !cli->unknown_option));
	if (sensitive)
		require(names_sensitive(argv[cli->command_index]));
	/* The first word is the command, and no option hides it. */
	if (argc > 1 && names_sensitive(argv[1]))
		require(cli->command_index == 1);
	if (cli->unknown_option)
		require(!ends || !names_sensitive(argv[cli->command_index]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "runmoor";
	OWNED(free_owned) char *words = malloc(size + 1);
	char *argv[WORDS_MAX + 2] = {name};
	struct cli cli;
	int argc = 1;

	require(words != NULL);
	if (size)
		memcpy(words, data, size);
	words[size] = '\0';
	for (char *rest = words; rest && argc <= WORDS_MAX;)
		argv[argc++] = strsep(&rest, "\n");
	cli_parse(argc, argv, CLI_EITHER, &cli);
	check(argc, argv, &cli);
	require_borrowed(cli.root, words, size);
	require_borrowed(cli.log, words, size);
	require_borrowed(cli.bundle, words, size);
	require_borrowed(cli.config, words, size);
	require_borrowed(cli.process, words, size);
	require_borrowed(cli.id, words, size);
	require_borrowed(cli.unknown_option, words, size);
	return 0;
}
