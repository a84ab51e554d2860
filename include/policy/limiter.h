/*
 * limiter - decides which events are written in full, and which are only
 * counted. A container can be refused thousands of times a second: the first
 * refusals of a kind are written, the rest counted, and each minute a summary
 * gives their number. Kinds are separate, so that a flood of one hides no
 * other. Pure: the caller has the clock and the lock.
 */
#pragma once

#include "event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	LIMITER_WHOLE =
		20, /* full events of a kind, until a window without any */
	LIMITER_BUDGET = 500, /* full events of all kinds in a window */
	LIMITER_KINDS = 256,  /* known at a time                            */
	LIMITER_WINDOW_MS = 60000,
	LIMITER_TEXT_MAX = 256, /* bytes of a text in a summary */
};

/* Two events with the same of these are alike. Borrowed strings, or NULL. */
struct event_kind {
	enum action action;
	enum reason reason;
	bool flagged;
	int64_t allow_rule;
	const char *program; /* executed by the process */
	const char *file;    /* the file that is the reason */
	/* The file's identity without its ctime, which the lease on an upper
	 * file changes (lease.h). */
	const struct identity *identity;
	const uint8_t *digest; /* or NULL: it wasn't read */
	/* A session's command, NUL-separated, for its summary; or NULL. */
	const char *command;
	size_t command_len;
};

enum telling {
	TELL_WHOLE,
	TELL_BRIEFLY, /* without details that need look-ups: too many kinds */
	TELL_COUNTED, /* not written: limiter_take's summary has the number */
};

/* The number of events of a kind that were counted. Owned strings, or NULL. */
struct summary {
	enum action action;
	enum reason reason;
	bool flagged;
	int64_t allow_rule;
	char *program; /* each cut at LIMITER_TEXT_MAX */
	char *file;
	char *command;
	size_t command_len;
	uint64_t count;
};

void summary_clear(struct summary *summary);

struct limiter;

struct limiter *limiter_new(void); /* NULL: no memory */
void limiter_free(struct limiter *limiter);

/* Admit one more event of this kind. *ret_evicted: the count of a kind that was
 * forgotten to make room; count 0: none. */
enum telling limiter_admit(struct limiter *limiter,
			   const struct event_kind *kind, int64_t now_ms,
			   struct summary *ret_evicted);

/* Take the count of one kind since the last time; false: there is none. */
bool limiter_take(struct limiter *limiter, struct summary *ret);

/* The time when limiter_take is due: a window after the first event that was
 * counted since it returned false; -1: none was. */
int64_t limiter_due(const struct limiter *limiter);
