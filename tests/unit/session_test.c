#include "session_internal.h"

#include "test.h"

#include <string.h>
#include <unistd.h>

static char top[] = "/tmp/session-test.XXXXXX";

#define ARGS(text) text, sizeof(text)

/* A command line as /proc/PID/cmdline has it, words ended by a NUL. */
static const struct {
	const char *name;
	const char *args;
	size_t len;
	const char *session; /* words, each ended by a NUL; NULL: none */
	size_t session_len;
	int64_t uid; /* -1: unknown */
} rows[] = {
	{"no arguments", "", 0, NULL, 0, -1},
	{"a line without an end", "runc\0exec\0c1\0sh", 15, NULL, 0, -1},
	{"a command that is none of a session", ARGS("runc\0create\0c1"), NULL,
	 0, -1},
	{"an exec without a container", ARGS("runc\0exec"), NULL, 0, -1},
	{"an exec without a command", ARGS("runc\0exec\0c1"), NULL, 0, -1},
	{"a process file that isn't there",
	 ARGS("runc\0exec\0--process\0missing.json\0c1"), NULL, 0, -1},
	{"a process file that is no JSON",
	 ARGS("runc\0exec\0--process\0garbage.json\0c1"), NULL, 0, -1},
	{"a process file that is empty",
	 ARGS("runc\0exec\0--process\0empty.json\0c1"), NULL, 0, -1},
	{"a process file whose members are of other types",
	 ARGS("runc\0exec\0--process\0types.json\0c1"), NULL, 0, -1},
	{"a process file that is a FIFO",
	 ARGS("runc\0exec\0--process\0fifo\0c1"), NULL, 0, -1},
	{"words", ARGS("runc\0exec\0c1\0sh\0-c\0ls /"), ARGS("sh\0-c\0ls /"),
	 -1},
	{"a command of the container's name", ARGS("runc\0exec\0c1\0c1\0c1"),
	 ARGS("c1\0c1"), -1},
	{"an empty word stays one", ARGS("runc\0exec\0c1\0printf\0\0x"),
	 ARGS("printf\0\0x"), -1},
	{"options before the container",
	 ARGS("runc\0--root\0/r\0exec\0-t\0--cwd\0/\0c1\0sh"), ARGS("sh"), -1},
	{"a process file", ARGS("runc\0exec\0--process\0good.json\0c1"),
	 ARGS("id\0-u"), 1000},
	{"a process file with its option in one word",
	 ARGS("runc\0exec\0--process=good.json\0c1"), ARGS("id\0-u"), 1000},
	{"what the command is named, when the file says it",
	 ARGS("runc\0exec\0--process\0good.json\0c1\0ignored"), ARGS("id\0-u"),
	 1000},
};

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "we");

	if (!file || fputs(text, file) == EOF || fclose(file) != 0)
		abort();
}

static void make_files(void)
{
	put("garbage.json", "\x01{");
	put("empty.json", "");
	put("types.json", "{\"args\":\"sh\",\"user\":[1]}");
	put("good.json", "{\"args\":[\"id\",\"-u\"],\"user\":{\"uid\":1000}}");
	test_shell("mkfifo fifo");
}

static void describe(const char *args, size_t len, struct event *event)
{
	static char program[] = "/usr/sbin/runc";
	static char copy[PROCESS_ARGS_MAX];
	struct process_info runtime = {
		.executable = program,
		.cwd = top,
		.args = memcpy(copy, args, len),
		.args_len = len,
	};

	*event = (struct event){.session_uid = -1};
	session_describe(&runtime, event);
}

static void check_rows(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct event event;

		describe(rows[i].args, rows[i].len, &event);
		CHECK(rows[i].name,
		      rows[i].session
			      ? event.session_args_len == rows[i].session_len &&
					memcmp(event.session_args,
					       rows[i].session,
					       rows[i].session_len) == 0
			      : !event.session_args);
		CHECK("and its user", event.session_uid == rows[i].uid);
		free(event.session_args);
	}
}

/* A command line that was cut off isn't reported as a whole one. */
static void check_limits(void)
{
	static char text[PROCESS_ARGS_MAX];
	static const char head[] = "runc\0exec\0c1";
	struct event event;

	memset(text, 'x', sizeof(text));
	memcpy(text, head, sizeof(head));
	text[sizeof(text) - 1] = '\0';
	describe(text, sizeof(text), &event);
	CHECK("a line that fills its room may be cut off", !event.session_args);
	free(event.session_args);
	text[sizeof(text) - 2] = '\0';
	describe(text, sizeof(text) - 1, &event);
	CHECK("one byte less is whole",
	      event.session_args_len == sizeof(text) - 1 - sizeof(head));
	free(event.session_args);
	memset(text + sizeof(head), 0, sizeof(text) - sizeof(head));
	describe(text, sizeof(head) + 253, &event);
	CHECK("256 words", event.session_args_len == 253);
	free(event.session_args);
	describe(text, sizeof(head) + 254, &event);
	CHECK("a word more", !event.session_args);
	free(event.session_args);
}

int main(void)
{
	if (!mkdtemp(top) || chdir(top) < 0)
		return EXIT_FAILURE;
	make_files();
	check_rows();
	check_limits();
	test_shell("rm -rf \"$PWD\"");
	TEST_END();
}
