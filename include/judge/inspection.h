/*
 * inspection - everything that one judgement finds, from the first look to the
 * decision: the facts of a target and of each file, and the leases to keep. A
 * thread has one, to work in; each judgement begins by resetting it, so that no
 * facts of an earlier one are read.
 */
#pragma once

#include "answer.h"
#include "decision.h"
#include "identity.h"
#include "interpreter.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct awaited_name {
	char path[PATH_MAX];
	bool counts; /* a file opened by this name counts as the script; else it
			is only judged */
};

/* The scripts that an interpreter has still to open, by one of these names. */
struct awaited {
	struct awaited_name names[3 * OPERANDS_MAX];
	unsigned name_count;
	unsigned left;	/* scripts not yet opened */
	bool elsewhere; /* one doesn't exist, and may be found in any folder */
	bool by_loader; /* ld.so was executed, and has loaded the interpreter */
};

/* The findings of one judgement; the struct is large, hence on the heap. */
struct inspection {
	struct facts facts;
	struct identity identities[FILES_MAX];
	/* The leases that prove that no process writes a mapped file, with
	 * libraries: strict; else, or if no process could write it, -1. At
	 * PACE_FULL the caller owns and closes them. */
	int leases[FILES_MAX];
	int merged[FILES_MAX]; /* beside these (lease_merged), or -1 */
	char paths[FILES_MAX][PATH_MAX];
	char mounts[FILES_MAX][PATH_MAX]; /* not in the baseline */
	char requested[PATH_MAX];
	char process[PATH_MAX]; /* facts.process points here */
	enum stage stage;
	bool reported; /* an event has recorded already that this exec is drift
			*/
	struct decision decision;
	struct answer answer;	/* any outcome but OUTCOME_SLOW */
	struct awaited awaited; /* judge_loaded, where scripts are enforced */
	int error; /* errno of the answer if there is no decision */
	/* OUTCOME_SLOW at PACE_FULL: judge again when this is hashed
	 * (digests.h); else 0. */
	uint64_t waits;
};

enum pace {
	PACE_FAST, /* never wait for a file system; give up instead */
	PACE_FULL, /* inspect everything; may wait */
};
