/*
 * held - the targets that the tracer holds, by thread number (tid). A target is
 * held from the answer to its exec until the exec is proven or has failed, and
 * an interpreter until it has opened its script. The tracer's thread alone uses
 * the table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct follow;
struct job;

/* A target that is notified and not yet seized has no entry: there is nothing
 * to remember of it. */
enum held_state {
	HELD_CONTINUED, /* the kernel goes on with its exec */
	HELD_PROVING,	/* stopped at its exec event, judged by a resolver */
	HELD_LEAVING,	/* its exec failed; released at its next stop */
	HELD_PARKED, /* stopped after a failed exec, and released when no other
			thread of its process executes */
	/* The states of an interpreter whose script isn't open yet. */
	HELD_FOLLOWED,	  /* runs until it opens a script */
	HELD_OPENED,	  /* stopped at an open, judged by a resolver */
	HELD_EXEC_AGAIN,  /* the kernel goes on with another exec of it */
	HELD_LEAVING_EXEC /* that exec failed; followed from its next stop */
};

struct held {
	struct held *next;
	pid_t tid;
	pid_t process; /* thread group; 0: not known yet */
	enum held_state state;
	int64_t since_ms;
	int signal;	 /* HELD_PARKED: delivered at the release; 0: none */
	bool reported;	 /* an event has recorded that this exec is drift */
	struct job *job; /* HELD_PROVING, HELD_OPENED: its judgement */
	struct follow *follow; /* owned: the scripts that an interpreter is to
				  open; else NULL */
};

enum { HELD_BUCKETS = 256 };

struct held_table {
	struct held *bucket[HELD_BUCKETS];
	size_t count;
	size_t followed; /* those in state HELD_FOLLOWED */
};

/* The time in milliseconds, by a clock that costs no system call and doesn't
 * advance while this process waits for a processor. */
int64_t held_now_ms(void);

/* Subtract ms, in which this process had no processor, from that clock. */
void held_wait(int64_t ms);

/* The entry of tid; NULL: it isn't held. */
struct held *held_find(const struct held_table *table, pid_t tid);

/* Set the state of tid, whose entry is made if there is none, and its time to
 * now. NULL: out of memory. */
struct held *held_put(struct held_table *table, pid_t tid,
		      enum held_state state);
void held_move(struct held_table *table, struct held *held,
	       enum held_state state);

/* True for an interpreter whose script isn't open yet: it has a follow. */
bool held_is_followed(const struct held *held);

/* True if it may still be inside an exec that the kernel goes on with. */
bool held_executes(const struct held *held);

/* Record that the kernel goes on with the exec of tid. NULL: out of memory. */
struct held *held_continue(struct held_table *table, pid_t tid);

/* Record that the exec failed. The caller stops it (proof_interrupt). */
void held_leave(struct held_table *table, struct held *held);

/* Set the scripts that the interpreter is to open, and free the previous ones;
 * NULL: another program runs. */
void held_follow(struct held *held, struct follow *take_follow);

void held_drop(struct held_table *table, pid_t tid);
