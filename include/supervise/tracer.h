/*
 * tracer - notified → continued → proven, for every target of a container. It
 * is one thread, which never waits for a target or its file systems: work that
 * may wait is a resolver's job.
 */
#pragma once

#include "err.h"
#include "journal.h"
#include "resolver.h"

#include <stdbool.h>

/* One listener: the container's own or an exec session's. */
struct listener {
	int fd;
	unsigned jobs; /* under way; it isn't freed before they are finished */
	bool gone;     /* no task is left with its filter */
	struct listener *next;
};

struct judge;
struct tracer;

MUST_CHECK int tracer_new(const struct judge *judge, struct resolver *resolver,
			  struct journal *journal, struct tracer **ret,
			  struct err *e);

/* listener is readable. */
void tracer_notified(struct tracer *tracer, struct listener *listener);
/* Call this after SIGCHLD. */
void tracer_collect(struct tracer *tracer);
/* The resolver's eventfd is readable. */
void tracer_finish_jobs(struct tracer *tracer);
/* Call this every TRACER_TICK_MS while tracer_ticks: it checks deadlines, and
 * held targets whose exec failed in the kernel. */
void tracer_tick(struct tracer *tracer);
bool tracer_ticks(const struct tracer *tracer);
/* True if it has targets, or is judging. */
bool tracer_busy(const struct tracer *tracer);

/* Deny all waiting requests, because the supervisor ends. */
void tracer_end(struct tracer *tracer);

enum {
	TRACER_TICK_MS = 50,
	TRACER_LINGER_MS = 100,	    /* until a held target is checked */
	TRACER_DEADLINE_MS = 10000, /* until a judgement is given up   */
};
