/*
 * ticker - the timer of the supervisor's loop, which runs only while the tracer
 * has deadlines to check. It also stops the tracer's clock (held_now_ms) for
 * the time that the supervisor waited for a processor.
 */
#pragma once

#include "charge.h"

#include <stdbool.h>
#include <stdint.h>

struct ticker {
	int fd; /* a timerfd, the caller's */
	bool runs;
	int64_t ticked_ms; /* time of the last tick */
	unsigned ticks;
};

/* Have a tick each TRACER_TICK_MS from now on. To be called while it doesn't
 * run.
 */
void ticker_run(struct ticker *ticker);
void ticker_stop(struct ticker *ticker);

/* To be called when its fd is readable. charge: the account whose limit may
 * have made the supervisor wait; it is looked after now and then. */
void ticker_take(struct ticker *ticker, struct charge *charge);
