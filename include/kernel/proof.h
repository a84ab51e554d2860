/*
 * proof - seize a target before its exec continues, and stop it before its
 * first new instruction. Source: ptrace(2), PTRACE_SEIZE, PTRACE_EVENT_EXEC.
 *
 * All calls come from one thread, the tracer; the targets that it holds are
 * killed when that thread ends (PTRACE_O_EXITKILL).
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	/* A seize waits for locks that the container can hold: it is given up
	 * after one to two ticks. */
	PROOF_TICK_MS = 100,
};

/* The tracer's thread calls this once. */
MUST_CHECK int proof_start(struct err *e);

enum proof_seize {
	PROOF_SEIZED,
	PROOF_GONE,	 /* dead or dying                            */
	PROOF_TRACED,	 /* another tracer has it                    */
	PROOF_TIMED_OUT, /* the locks of its process are held */
	PROOF_FAILED,	 /* not permitted                            */
};

/* Takes at most 2 * PROOF_TICK_MS. A target that we trace already counts as
 * seized. */
enum proof_seize proof_seize(pid_t tid);

enum proof_what {
	PROOF_NOTHING, /* no more to collect now           */
	PROOF_LOADED,  /* stopped with its new program     */
	PROOF_SYSCALL, /* stopped at a system call: proof_step */
	PROOF_STOPPED, /* stopped for anything else        */
	PROOF_ENDED,   /* gone                             */
};

struct proof_stop {
	enum proof_what what;
	pid_t tid;
	pid_t former;	  /* PROOF_LOADED: the task that called execve; 0: it is
			     dying */
	int signal;	  /* PROOF_STOPPED: to deliver at the release, or 0 */
	bool job_control; /* PROOF_STOPPED: as its parent would see it  */
};

/* Collect one stop without waiting. */
void proof_collect(struct proof_stop *ret);

/* Release a stopped target, with a signal or 0. */
void proof_release(pid_t tid, int signal);

/* Let a stopped target run to its next system call, or to the end of this one,
 * with a signal or 0. If job control stopped it, it stays stopped. */
void proof_step(pid_t tid, int signal, bool job_control);

/* The system call at whose beginning or end a target is stopped. */
struct proof_call {
	bool opens;	/* open, openat, openat2        */
	bool began;	/* the stop is at the call's beginning, else its end */
	uint64_t path;	/* began: the address of its path */
	uint64_t code;	/* address of the call */
	int64_t result; /* at its end; negative: an errno */
};

/* False if it isn't known. */
bool proof_call_of(pid_t tid, struct proof_call *ret);

/* Ask a seized target to stop; it comes as PROOF_STOPPED. */
void proof_interrupt(pid_t tid);

/* Kill a stopped target's process before its next instruction. */
void proof_kill(pid_t tid);
