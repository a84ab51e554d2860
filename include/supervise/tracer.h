/*
 * tracer - notified → continued → proven, for every target of a container.
 * One thread, which never waits for a target or its file systems: what might
 * is a resolver's job.
 */
#pragma once

#include "err.h"
#include "journal.h"
#include "resolver.h"

#include <stdbool.h>

/* One listener: the container's own or an exec session's. */
struct listener {
	int fd;
	unsigned jobs; /* under way; it isn't freed before they are back */
	bool gone;     /* no task is left that it could notify of */
	struct listener *next;
};

struct judge;
struct tracer;

MUST_CHECK int tracer_new(const struct judge *judge, struct resolver *resolver,
			  struct journal *journal, struct tracer **ret,
			  struct err *e);

/* listener is readable. */
void tracer_notified(struct tracer *tracer, struct listener *listener);
/* SIGCHLD came. */
void tracer_collect(struct tracer *tracer);
/* The resolver's eventfd is readable. */
void tracer_finish_jobs(struct tracer *tracer);
/* Every TRACER_TICK_MS while tracer_ticks: deadlines, and targets whose exec
 * failed in the kernel and that are still held. */
void tracer_tick(struct tracer *tracer);
bool tracer_ticks(const struct tracer *tracer);
/* It has targets, or is judging. */
bool tracer_busy(const struct tracer *tracer);

/* Deny whatever waits, because the supervisor ends. */
void tracer_end(struct tracer *tracer);

enum {
	TRACER_TICK_MS = 50,
	TRACER_LINGER_MS = 100,	    /* until a held target is looked at */
	TRACER_DEADLINE_MS = 10000, /* until a judgement is given up   */
};
