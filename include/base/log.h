/*
 * log - messages for the operator: one line to stderr and, if the engine named
 * a file with --log, one to that file in the runtime's own format.
 * Container-chosen bytes are escaped.
 */
#pragma once

#include "attr.h"

#include <stdbool.h>

enum log_format { LOG_TEXT, LOG_JSON };
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING };

struct log {
	const char *file; /* the file of --log; NULL: stderr only. Borrowed. */
	enum log_format format;
};

/* Append {"level":"error","msg":"runmoor: …","time":"…"} (RFC 3339 time), or
 * time="…" level=error msg="…" as text, to the file, and "runmoor: …" to
 * stderr; warnings go to stderr only if there is no file. A file that can't be
 * written is ignored: stderr has the message. */
void log_write(const struct log *log, enum log_level level, const char *format,
	       ...) PRINTF(3, 4);
