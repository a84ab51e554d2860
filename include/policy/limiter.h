/*
 * limiter - which events are told whole, and which are counted. A container
 * can be refused thousands of times a second: the first refusals of a kind are
 * told, the rest counted, and each minute a summary says how many. Kinds are
 * separate, so that a flood of one hides no other. Pure: the caller has the
 * clock and the lock.
 */
#pragma once

#include "event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	LIMITER_WHOLE = 20,   /* of a kind, until it was quiet for a window */
	LIMITER_BUDGET = 500, /* whole ones of all kinds in a window        */
	LIMITER_KINDS = 256,  /* known at a time                            */
	LIMITER_WINDOW_MS = 60000,
	LIMITER_TEXT_MAX = 256, /* bytes of a text that a summary tells */
};

/* Two events with the same of these are alike. Borrowed strings, or NULL. */
struct event_kind {
	enum action action;
	enum reason reason;
	bool flagged;
	int64_t allow_rule;
	const char *program; /* of the process that executes */
	const char *file;    /* that is the reason */
	/* Whether it is still the same, without its ctime, which the lease on
	 * an upper file changes (lease.h). */
	const struct identity *identity;
	const uint8_t *digest; /* or NULL: it wasn't read */
	/* A session's command, NUL-separated, for its summary; or NULL. */
	const char *command;
	size_t command_len;
};

enum telling {
	TELL_WHOLE,
	TELL_BRIEFLY, /* without what takes looking around: too many kinds */
	TELL_COUNTED, /* not at all: limiter_take's summary says how often */
};

/* So many of a kind were counted. Owned strings, or NULL. */
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

/* One more of this kind. *ret_evicted: a kind that had to give way to it, and
 * what was counted of it; count 0: none. */
enum telling limiter_admit(struct limiter *limiter,
			   const struct event_kind *kind, int64_t now_ms,
			   struct summary *ret_evicted);

/* Take the count of one kind since the last time; false: there is none. */
bool limiter_take(struct limiter *limiter, struct summary *ret);

/* When limiter_take is due: a window after the first that was counted since
 * it said false; -1: nothing was. */
int64_t limiter_due(const struct limiter *limiter);
