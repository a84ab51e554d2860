#include "held.h"

#include "test.h"

#include <stdbool.h>
#include <string.h>

/* Numbers of one bucket: a change of one must not change the others. */
enum {
	FIRST = 7,
	SECOND = FIRST + HELD_BUCKETS,
	THIRD = SECOND + HELD_BUCKETS
};

static bool holds(const struct held_table *table, size_t count, size_t followed)
{
	return table->count == count && table->followed == followed;
}

static void check_unknown(void)
{
	struct held_table table = {0};

	CHECK("nobody is held at first", !held_find(&table, FIRST));
	held_drop(&table, FIRST);
	CHECK("a target that isn't held is dropped without harm",
	      holds(&table, 0, 0));
	(void)held_put(&table, SECOND, HELD_CONTINUED);
	CHECK("a target of the same bucket isn't taken for another",
	      !held_find(&table, FIRST));
	held_drop(&table, FIRST);
	CHECK("nor dropped for another", held_find(&table, SECOND) != NULL);
	held_drop(&table, SECOND);
}

static void check_bucket(void)
{
	struct held_table table = {0};
	const struct held *first = held_put(&table, FIRST, HELD_CONTINUED);
	const struct held *second = held_put(&table, SECOND, HELD_PROVING);
	const struct held *third = held_put(&table, THIRD, HELD_LEAVING);

	CHECK("three of one bucket are three",
	      first && second && third && holds(&table, 3, 0));
	held_drop(&table, SECOND);
	CHECK("one in the middle goes by itself",
	      !held_find(&table, SECOND) && holds(&table, 2, 0));
	CHECK("the one before it stays as it was",
	      third && held_find(&table, THIRD) == third &&
		      third->state == HELD_LEAVING);
	CHECK("so does the one after it",
	      first && held_find(&table, FIRST) == first &&
		      first->state == HELD_CONTINUED);
	held_drop(&table, FIRST);
	held_drop(&table, THIRD);
	CHECK("an emptied table holds nobody", holds(&table, 0, 0));
}

static void check_followed(void)
{
	struct held_table table = {0};
	struct held *held = held_put(&table, FIRST, HELD_FOLLOWED);

	CHECK("a target that is followed from the start is counted",
	      held && holds(&table, 1, 1));
	held_move(&table, held, HELD_FOLLOWED);
	CHECK("it isn't counted twice", holds(&table, 1, 1));
	held_move(&table, held, HELD_OPENED);
	CHECK("while its script is judged it isn't counted",
	      holds(&table, 1, 0));
	held_move(&table, held, HELD_FOLLOWED);
	(void)held_put(&table, SECOND, HELD_FOLLOWED);
	held_drop(&table, FIRST);
	CHECK("one that ends while it is followed isn't counted any more",
	      holds(&table, 1, 1));
	(void)held_continue(&table, SECOND);
	CHECK("one that executes anew isn't counted any more",
	      holds(&table, 1, 0));
	held_drop(&table, SECOND);
}

/* An exec after a failed one finds the target's entry still there. */
static void check_again(void)
{
	struct held_table table = {0};
	struct held *held = held_put(&table, FIRST, HELD_LEAVING);
	int64_t before;

	if (!held)
		abort();
	held->process = FIRST - 1;
	held->reported = true;
	held->since_ms = 0;
	before = held_now_ms();
	CHECK("a target that asks again is the same one",
	      held_put(&table, FIRST, HELD_CONTINUED) == held &&
		      holds(&table, 1, 0));
	CHECK("its state is the new one", held->state == HELD_CONTINUED);
	CHECK("its time starts anew", held->since_ms >= before);
	CHECK("whose thread it is stays known", held->process == FIRST - 1);
	CHECK("so does that its exec was reported", held->reported);
	held_drop(&table, FIRST);
}

/* The awaited scripts stay after an exec that fails. */
static void check_exec_again(void)
{
	struct held_table table = {0};
	struct held *held = held_put(&table, FIRST, HELD_FOLLOWED);

	if (!held)
		abort();
	CHECK("a target that is followed isn't inside an exec",
	      held_is_followed(held) && !held_executes(held));
	CHECK("its next exec is let go on, and it is followed still",
	      held_continue(&table, FIRST) == held &&
		      held->state == HELD_EXEC_AGAIN &&
		      held_is_followed(held) && held_executes(held));
	held_leave(&table, held);
	CHECK("that failed, and it is followed on",
	      held->state == HELD_LEAVING_EXEC && held_is_followed(held) &&
		      held_executes(held));
	held_drop(&table, FIRST);
}

static void check_leave(void)
{
	struct held_table table = {0};
	struct held *held = held_continue(&table, FIRST);

	if (!held)
		abort();
	CHECK("a target that wasn't followed is let go on as any",
	      held->state == HELD_CONTINUED && !held_is_followed(held) &&
		      held_executes(held));
	held_leave(&table, held);
	CHECK("until it has stopped it may be inside its exec",
	      held->state == HELD_LEAVING && held_executes(held));
	held_move(&table, held, HELD_PARKED);
	CHECK("once it has stopped it isn't", !held_executes(held));
	held_drop(&table, FIRST);
}

static void check_clock(void)
{
	int64_t before = held_now_ms();

	held_wait(60000);
	CHECK("time in which the supervisor had no processor doesn't count",
	      held_now_ms() < before - 50000);
	held_wait(-60000);
	CHECK("the clock never goes back by itself", held_now_ms() >= before);
}

int main(void)
{
	check_unknown();
	check_bucket();
	check_followed();
	check_again();
	check_exec_again();
	check_leave();
	check_clock();
	TEST_END();
}
