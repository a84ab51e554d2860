#include "log.h"

#include "json.h"

#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Both sinks of a log as files in a folder of the test's own. */
static char folder[] = "/tmp/runmoor-log-test.XXXXXX";
static char log_path[64], stderr_path[64];

static bool read_all(const char *path, char *text, size_t size)
{
	OWNED(close_owned) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

/* log_write with stderr in a file; the sinks are empty before. */
static void write_captured(const struct log *log, enum log_level level,
			   const char *message)
{
	int saved = dup(STDERR_FILENO);
	OWNED(close_owned)
	int fd = open(stderr_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	(void)unlink(log_path);
	(void)fflush(stderr);
	if (saved < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	log_write(log, level, "%s", message);
	if (dup2(saved, STDERR_FILENO) < 0)
		abort();
	(void)close(saved);
}

static const struct {
	const char *name;
	enum log_format format;
	enum log_level level;
	const char *message;
	const char *in_file; /* NULL: no file; else what it contains */
	const char *on_stderr;
} rows[] = {
	{"a message can't begin a line of its own", LOG_TEXT, LOG_LEVEL_ERROR,
	 "a\ntime=b", "msg=\"runmoor: a\\\\x0atime=b\"\n",
	 "runmoor: a\\x0atime=b\n"},
	{"a message can't end its quotes", LOG_TEXT, LOG_LEVEL_ERROR,
	 "a\" level=b \\", "msg=\"runmoor: a\\\" level=b \\\\\"\n",
	 "runmoor: a\" level=b \\\n"},
	{"a terminal's escapes", LOG_JSON, LOG_LEVEL_ERROR, "\x1b[2J\xc2\x9b",
	 "\"msg\":\"runmoor: \\\\x1b[2J\\\\xc2\\\\x9b\"",
	 "runmoor: \\x1b[2J\\xc2\\x9b\n"},
	{"bytes that are not UTF-8", LOG_JSON, LOG_LEVEL_ERROR, "\xff",
	 "\"msg\":\"runmoor: \\\\xff\"", "runmoor: \\xff\n"},
	{"an error as text", LOG_TEXT, LOG_LEVEL_ERROR, "\xc3\xa4",
	 " level=error msg=\"runmoor: \xc3\xa4\"\n", "runmoor: \xc3\xa4\n"},
	{"an error as JSON", LOG_JSON, LOG_LEVEL_ERROR, "no",
	 "{\"level\":\"error\",\"msg\":\"runmoor: no\",\"time\":\"2",
	 "runmoor: no\n"},
	{"a warning goes to the file only", LOG_JSON, LOG_LEVEL_WARNING, "no",
	 "{\"level\":\"warning\",", ""},
	{"a warning without a file", LOG_TEXT, LOG_LEVEL_WARNING, "no", NULL,
	 "runmoor: no\n"},
	{"an error without a file", LOG_TEXT, LOG_LEVEL_ERROR, "no", NULL,
	 "runmoor: no\n"},
};

static void check_rows(void)
{
	char text[1024];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct log log = {
			.file = rows[i].in_file ? log_path : NULL,
			.format = rows[i].format,
		};

		write_captured(&log, rows[i].level, rows[i].message);
		CHECK(rows[i].name, read_all(stderr_path, text, sizeof(text)));
		CHECK(rows[i].name, strcmp(text, rows[i].on_stderr) == 0);
		CHECK(rows[i].name, read_all(log_path, text, sizeof(text)) ==
					    !!rows[i].in_file);
		if (rows[i].in_file)
			CHECK(rows[i].name, strstr(text, rows[i].in_file));
	}
}

static void check_lines(void)
{
	const struct log log = {.file = log_path, .format = LOG_JSON};
	OWNED(json_owned) struct json *line = NULL;
	char text[1024];
	struct err e;
	const char *stamp = "";
	char *newline;

	write_captured(&log, LOG_LEVEL_ERROR, "first");
	log_write(&log, LOG_LEVEL_WARNING, "%d", 2);
	CHECK("the file", read_all(log_path, text, sizeof(text)));
	newline = strchr(text, '\n');
	CHECK("the first line stays", newline && strstr(text, "first"));
	CHECK("the second line follows",
	      newline && json_parse(newline + 1, strlen(newline + 1), &line,
				    &e) == 0);
	CHECK("with a time", json_string(json_get(line, "time"), &stamp));
	CHECK("as RFC 3339 has it",
	      strlen(stamp) == 20 && stamp[10] == 'T' && stamp[19] == 'Z');
}

static void check_sinks(void)
{
	const char *const unwritable[] = {"/nowhere/log", "journald:id",
					  "syslog:id", "", "/"};
	char prefixed[80], text[1024];
	struct log log = {.format = LOG_TEXT};

	for (size_t i = 0; i < ARRAY_LEN(unwritable); i++) {
		log.file = unwritable[i];
		write_captured(&log, LOG_LEVEL_WARNING, "told");
		CHECK(unwritable[i], read_all(stderr_path, text, sizeof(text)));
		CHECK(unwritable[i], strcmp(text, "runmoor: told\n") == 0);
	}
	CHECK("crun's journal is no file", access("journald:id", F_OK) < 0);

	/* The pipe has no reader: the alarm ends a log_write that waits. */
	(void)unlink(log_path);
	CHECK("a pipe", mkfifo(log_path, 0600) == 0);
	log.file = log_path;
	(void)alarm(30);
	log_write(&log, LOG_LEVEL_ERROR, "of which this line is not a failure");
	(void)alarm(0);

	(void)snprintf(prefixed, sizeof(prefixed), "file:%s", log_path);
	log.file = prefixed;
	write_captured(&log, LOG_LEVEL_ERROR, "told");
	CHECK("crun's file:PATH", read_all(log_path, text, sizeof(text)));
	CHECK("crun's file:PATH", strstr(text, "runmoor: told"));
}

int main(void)
{
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return EXIT_FAILURE;
	(void)snprintf(log_path, sizeof(log_path), "%s/log", folder);
	(void)snprintf(stderr_path, sizeof(stderr_path), "%s/stderr", folder);
	check_rows();
	check_lines();
	check_sinks();
	(void)unlink(log_path);
	(void)unlink(stderr_path);
	(void)rmdir(folder);
	TEST_END();
}
