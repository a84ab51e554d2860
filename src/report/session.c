#include "session_internal.h"

#include "cli.h"
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 256 };

/* The arguments as main() has them; false if some are missing. */
static bool split(const struct process_info *process, char *text,
		  char *argv[WORDS_MAX + 1], int *ret_argc)
{
	char *end = text + process->args_len;
	int count = 0;

	if (!process->args_len || process->args_len >= PROCESS_ARGS_MAX ||
	    process->args[process->args_len - 1] != '\0')
		return false;
	memcpy(text, process->args, process->args_len);
	for (char *at = text; at < end; at += strlen(at) + 1) {
		if (count == WORDS_MAX)
			return false;
		argv[count++] = at;
	}
	argv[count] = NULL;
	*ret_argc = count;
	return true;
}

static void append_word(struct buffer *args, const char *word)
{
	buffer_append(args, word, strlen(word) + 1);
}

static void take_args(struct buffer *args, struct event *event)
{
	if (buffer_failed(args) || !args->len) {
		buffer_clear(args);
		return;
	}
	event->session_args = args->data;
	event->session_args_len = args->len;
	*args = (struct buffer)BUFFER_INIT;
}

/* exec --process: the specification's process, config.md "Process". */
static void read_process(const char *path, const char *cwd, struct event *event)
{
	OWNED(json_owned) struct json *process = NULL;
	OWNED(close_owned) int dir = open(cwd ? cwd : "/", O_PATH | O_CLOEXEC);
	struct buffer text = BUFFER_INIT;
	struct buffer args = BUFFER_INIT;
	const struct json *list;
	uint64_t uid = 0;

	if (file_read(dir, path, JSON_SIZE_MAX, &text, NULL) == 0)
		(void)!json_parse(text.data ? text.data : "", text.len,
				  &process, NULL);
	buffer_clear(&text);
	list = json_get(process, "args");
	for (size_t i = 0; i < json_count(list); i++) {
		const char *word;

		if (json_string(json_at(list, i), &word))
			append_word(&args, word);
	}
	take_args(&args, event);
	if (json_uint(json_get(json_get(process, "user"), "uid"), &uid))
		event->session_uid = (int64_t)uid;
}

/* exec ID COMMAND ARG…: all words behind the id. */
static void read_words(const struct cli *cli, char *const argv[],
		       struct event *event)
{
	struct buffer args = BUFFER_INIT;

	while (*argv && *argv != cli->id)
		argv++;
	if (*argv)
		argv++;
	for (; *argv; argv++)
		append_word(&args, *argv);
	take_args(&args, event);
}

void session_describe(const struct process_info *runtime, struct event *event)
{
	char text[PROCESS_ARGS_MAX];
	char *argv[WORDS_MAX + 1];
	struct cli cli;
	int argc;

	if (!split(runtime, text, argv, &argc))
		return;
	cli_parse(argc, argv,
		  cli_dialect_of(runtime->executable ? runtime->executable
						     : argv[0]),
		  &cli);
	if (cli.command != COMMAND_EXEC || !cli.id)
		return;
	if (cli.process)
		read_process(cli.process, runtime->cwd, event);
	else
		read_words(&cli, argv, event);
}
