#include "held.h"

#include "clock.h"
#include "follow_internal.h"

#include <stdlib.h>

static int64_t waited_ms; /* used by the tracer's thread alone */

int64_t held_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC_COARSE) - waited_ms;
}

void held_wait(int64_t ms)
{
	waited_ms += ms;
}

struct held *held_find(const struct held_table *table, pid_t tid)
{
	struct held *held = table->bucket[(unsigned)tid % HELD_BUCKETS];

	while (held && held->tid != tid)
		held = held->next;
	return held;
}

void held_move(struct held_table *table, struct held *held,
	       enum held_state state)
{
	table->followed -= held->state == HELD_FOLLOWED;
	table->followed += state == HELD_FOLLOWED;
	held->state = state;
}

struct held *held_put(struct held_table *table, pid_t tid,
		      enum held_state state)
{
	struct held *held = held_find(table, tid);

	if (!held) {
		struct held **bucket =
			&table->bucket[(unsigned)tid % HELD_BUCKETS];

		held = calloc(1, sizeof(*held));
		if (!held)
			return NULL;
		held->tid = tid;
		held->next = *bucket;
		*bucket = held;
		table->count++;
	}
	held_move(table, held, state);
	held->since_ms = held_now_ms();
	return held;
}

bool held_is_followed(const struct held *held)
{
	return held->state == HELD_FOLLOWED || held->state == HELD_OPENED ||
	       held->state == HELD_EXEC_AGAIN ||
	       held->state == HELD_LEAVING_EXEC;
}

bool held_executes(const struct held *held)
{
	return held->state == HELD_CONTINUED || held->state == HELD_LEAVING ||
	       held->state == HELD_EXEC_AGAIN ||
	       held->state == HELD_LEAVING_EXEC;
}

struct held *held_continue(struct held_table *table, pid_t tid)
{
	const struct held *held = held_find(table, tid);

	return held_put(table, tid,
			held && held_is_followed(held) ? HELD_EXEC_AGAIN
						       : HELD_CONTINUED);
}

void held_leave(struct held_table *table, struct held *held)
{
	held_move(table, held,
		  held_is_followed(held) ? HELD_LEAVING_EXEC : HELD_LEAVING);
}

void held_follow(struct held *held, struct follow *take_follow)
{
	follow_free(held->follow);
	held->follow = take_follow;
}

void held_drop(struct held_table *table, pid_t tid)
{
	struct held **at = &table->bucket[(unsigned)tid % HELD_BUCKETS];
	struct held *held;

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	held = *at;
	if (!held)
		return;
	*at = held->next;
	table->count--;
	table->followed -= held->state == HELD_FOLLOWED;
	follow_free(held->follow);
	free(held);
}
