#include "ticker_internal.h"

#include "held.h"
#include "tracer.h"

#include <sys/timerfd.h>
#include <unistd.h>

enum {
	FOLLOW_TICKS = 20, /* between looks at the container's limits */
	LATE_MS = 2 * TRACER_TICK_MS, /* lateness of a tick after which it had
					 to wait */
	/* While it waits because of its limit, this part of the time counts. */
	THROTTLED_PART = 4,
};

/* The timer is armed at once, and disarmed a tick after the last work, so that
 * a sequence of execs doesn't set it for each. */
void ticker_run(struct ticker *ticker)
{
	struct itimerspec when = {0};

	when.it_value.tv_nsec = TRACER_TICK_MS * 1000000L;
	when.it_interval = when.it_value;
	ticker->runs = true;
	ticker->ticked_ms = held_now_ms();
	(void)timerfd_settime(ticker->fd, 0, &when, NULL);
}

void ticker_stop(struct ticker *ticker)
{
	const struct itimerspec never = {0};

	ticker->runs = false;
	(void)timerfd_settime(ticker->fd, 0, &never, NULL);
}

/* A supervisor without a processor can't judge in time: time that it waits for
 * one, because of its container's limit or of other work, doesn't count for the
 * deadline of a job. A part of it counts, or a container that floods could keep
 * jobs that hang forever. */
static void keep_time(struct ticker *ticker, struct charge *charge)
{
	int64_t passed = held_now_ms() - ticker->ticked_ms;
	int64_t counts = passed;

	if (counts > LATE_MS)
		counts = LATE_MS;
	if (charge_throttled(charge))
		counts = passed / THROTTLED_PART;
	held_wait(passed - counts);
	ticker->ticked_ms += counts;
	if (ticker->ticks++ % FOLLOW_TICKS == 0)
		charge_follow(charge);
}

void ticker_take(struct ticker *ticker, struct charge *charge)
{
	uint64_t count;

	(void)!read(ticker->fd, &count, sizeof(count));
	keep_time(ticker, charge);
}
