#include "log.h"

#include "file.h"
#include "json.h"
#include "utf8.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *level_name(enum log_level level)
{
	return level == LOG_LEVEL_WARNING ? "warning" : "error";
}

static void format_json(enum log_level level, const char *message,
			const char *stamp, struct buffer *out)
{
	OWNED(json_owned) struct json *line = json_new_object();

	if (json_set(line, "level", json_new_string(level_name(level))) < 0 ||
	    json_set(line, "msg", json_new_string(message)) < 0 ||
	    json_set(line, "time", json_new_string(stamp)) < 0)
		return;
	json_write(line, false, out);
}

/* The format is that of logrus, whose quoted strings are those of JSON except
 * for rare escapes. */
static void format_text(enum log_level level, const char *message,
			const char *stamp, struct buffer *out)
{
	OWNED(json_owned) struct json *quoted = json_new_string(message);

	buffer_printf(out, "time=\"%s\" level=%s msg=", stamp,
		      level_name(level));
	json_write(quoted, false, out);
}

/* crun also takes file:PATH, and journald:ID and syslog:ID, which are no
 * files. */
static const char *file_path(const char *file)
{
	if (!file || strncmp(file, "journald:", 9) == 0 ||
	    strncmp(file, "syslog:", 7) == 0)
		return NULL;
	return strncmp(file, "file:", 5) == 0 ? file + 5 : file;
}

/* False if nothing was written there. */
static bool append_to_file(const struct log *log, enum log_level level,
			   const char *message)
{
	OWNED(buffer_clear) struct buffer line = BUFFER_INIT;
	OWNED(close_owned) int fd = -1;
	char stamp[32] = "";
	time_t now = time(NULL);
	const char *path = file_path(log->file);
	struct tm utc;

	if (!path)
		return false;
	if (gmtime_r(&now, &utc))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ",
			       &utc);
	if (log->format == LOG_JSON)
		format_json(level, message, stamp, &line);
	else
		format_text(level, message, stamp, &line);
	buffer_append(&line, "\n", 1);
	if (buffer_failed(&line))
		return false;
	/* O_NONBLOCK: a pipe without a reader must not stop the runtime. */
	fd = open(path,
		  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
			  O_NONBLOCK,
		  0644);
	return fd >= 0 && file_write_all(fd, line.data, line.len) == 0;
}

void log_write(const struct log *log, enum log_level level, const char *format,
	       ...)
{
	OWNED(buffer_clear) struct buffer message = BUFFER_INIT;
	OWNED(free_owned) char *text = NULL;
	bool told;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vasprintf(&text, format, ap);
	va_end(ap);
	if (len < 0)
		text = NULL;
	buffer_append(&message, "runmoor: ", 9);
	if (text)
		utf8_escape(text, (size_t)len, &message);
	if (!text || buffer_failed(&message)) {
		(void)fputs("runmoor: out of memory\n", stderr);
		return;
	}
	told = append_to_file(log, level, message.data);
	if (level == LOG_LEVEL_WARNING && told)
		return;
	buffer_append(&message, "\n", 1);
	(void)fputs(message.data, stderr);
}
