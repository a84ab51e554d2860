/*
 * held - the targets that the tracer holds, by tid: from the answer to their
 * exec until it is proven, or known to have failed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct follow;
struct job;

/* Notified isn't a state: before the seizure there is nothing to remember. */
enum held_state {
	HELD_CONTINUED, /* its exec was continued */
	HELD_PROVING,	/* stopped at its exec, a resolver looks        */
	HELD_LEAVING,	/* its exec failed; it stops, and is released */
	HELD_PARKED,	/* it has stopped so, and is released later */
	/* An interpreter whose script is to come. */
	HELD_FOLLOWED,	  /* runs, until it has its script open          */
	HELD_OPENED,	  /* stopped at an open, a resolver looks        */
	HELD_EXEC_AGAIN,  /* another exec of it was continued */
	HELD_LEAVING_EXEC /* that failed; it stops, and is followed on   */
};

struct held {
	struct held *next;
	pid_t tid;
	pid_t process; /* its thread group; 0: not known yet */
	enum held_state state;
	int64_t since_ms;
	int signal;	 /* HELD_PARKED: to deliver at the release, or 0 */
	bool reported;	 /* an event has recorded this exec already */
	struct job *job; /* HELD_PROVING, HELD_OPENED: the resolver's */
	struct follow
		*follow; /* the scripts that it is followed for; else NULL */
};

enum { HELD_BUCKETS = 256 };

struct held_table {
	struct held *bucket[HELD_BUCKETS];
	size_t count;
	size_t followed; /* of these */
};

/* Milliseconds of a clock that costs no system call, and that stands still
 * while this process waits for a processor. */
int64_t held_now_ms(void);

/* Stop that clock for these milliseconds. */
void held_wait(int64_t ms);

/* NULL: not held. */
struct held *held_find(const struct held_table *table, pid_t tid);

/* The entry of tid, made if need be, in that state since now. NULL: out of
 * memory. */
struct held *held_put(struct held_table *table, pid_t tid,
		      enum held_state state);
void held_move(struct held_table *table, struct held *held,
	       enum held_state state);

/* It is an interpreter whose script is to come: it has a follow. */
bool held_is_followed(const struct held *held);

/* True if it may still be inside an exec, however long that takes: until it
 * stops. */
bool held_executes(const struct held *held);

/* Record that its exec was continued. NULL: out of memory. */
struct held *held_continue(struct held_table *table, pid_t tid);

/* Record that the exec failed. The caller stops it (proof_interrupt). */
void held_leave(struct held_table *table, struct held *held);

/* Set the scripts that it is followed for; NULL: another program runs. Frees
 * the previous ones. */
void held_follow(struct held *held, struct follow *take_follow);

void held_drop(struct held_table *table, pid_t tid);
