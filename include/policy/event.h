/*
 * event - one thing that happened, as one JSON line in Elastic Common Schema
 * names. See runmoor-events(5) and docs/event.schema.json.
 */
#pragma once

#include "action.h"
#include "buffer.h"
#include "config.h"
#include "err.h"
#include "identity.h"
#include "json.h"
#include "process.h"
#include "reason.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

const char *event_action_name(enum action action);
const char *event_reason_name(enum reason reason);

/* The container, as every event carries it. Borrowed strings. */
struct event_container {
	const char *id;
	const char *bundle;
	struct workload_source names;
	const char *policy;	     /* name of the chosen policy, or NULL */
	const struct config *config; /* mode, match, … as policy        */
};

struct event_file {
	char *path; /* as the target sees it; any byte */
	bool has_identity;
	struct identity identity;
	bool has_digest;
	uint8_t digest[DIGEST_SIZE];
};

struct event {
	enum action action;
	enum reason reason;
	bool flagged; /* allowed: audit */
	bool brief;   /* texts are cut at 256 bytes         */
	struct timespec time;
	struct process_info process;	/* zeroed with pid 0: no process    */
	struct process_info *ancestors; /* nearest first                  */
	size_t ancestor_count;
	struct event_file file;
	char *syscall;	    /* "execve", "execveat", "mmap"       */
	char *requested;    /* the path the target asked for      */
	char *detail;	    /* one sentence for people            */
	int64_t allow_rule; /* index of the exception used, or -1 */
	uint64_t repeated;  /* number of events that it stands for; 0: only
			       itself */
	/* session-opened, session-refused: the command to execute */
	char *session_args; /* NUL-separated; NULL: not known */
	size_t session_args_len;
	int64_t session_uid; /* in the container; -1: not known */
	/* container-sealed */
	uint64_t sealed_files;
	uint64_t sealed_bytes;
	uint64_t volume_files; /* the same of its volumes */
	uint64_t volume_bytes;
	uint64_t volume_first; /* volumes whose first seal was found again */
	char **left_out; /* volumes, each with its reason; the first of them */
	size_t left_out_listed;
	uint64_t left_out_count;
	uint64_t unreadable_count;
	char **unreadable; /* first few paths                    */
	size_t unreadable_listed;
	char *manifest_sha256;
	bool cached;
	/* container-released: the files that judgements read */
	uint64_t hashed_files;
	uint64_t hashed_bytes;
};

/* Time is the caller's to set. */
void event_init(struct event *event, enum action action);
/* Free everything that event points to: all of it comes from malloc, the arrays
 * of ancestors, of unreadable and of left_out too. */
void event_clear(struct event *event);

/* Append the event as one line with its newline, of EVENT_LINE_MAX bytes at
 * most. Bytes that are not UTF-8 come as \\xNN. Texts are cut at 4,096 bytes,
 * arguments at 64 of 1,024 bytes each, and where the line is too long still, at
 * less: arguments first, then ancestors, then texts. Any of it sets
 * runmoor.truncated. At most ANCESTORS_MAX ancestors are written, and at most
 * 16 of the unreadable paths and of the volumes left out. -1 when out of
 * memory: out has nothing of it then, or has failed itself. */
MUST_CHECK int event_write(const struct event *event,
			   const struct event_container *container,
			   struct buffer *out);

enum {
	EVENT_LINE_MAX = 16384,
	EVENT_END =
		3, /* bytes: a line ends in "}}\n", after runmoor's members */
	EVENT_END_MAX = 48,
};

/* The end of a line that also has the number of events lost before it. That
 * number is known only when the line is written, so this end replaces the first
 * one. */
void event_end_lost(uint64_t lost, char ret[EVENT_END_MAX]);
