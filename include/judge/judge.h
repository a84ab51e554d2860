/*
 * judge - from what a target asks for, or has just been given, to facts, and
 * from facts to a decision. Carries between the kernel floor, which looks,
 * and the policy floor, which decides. One judge a container, shared by all
 * threads, and the same from judge_open on; what lineage, start and digests
 * remember grows, each under a lock of its own.
 */
#pragma once

#include "answer.h"
#include "container.h"
#include "decision.h"
#include "event.h"
#include "interpreter.h"
#include "notify.h"

#include <limits.h>
#include <stdbool.h>

struct digests;
struct lineage;
struct mapped;
struct start;

/* An interpreter that the image ships. */
struct known_interpreter {
	uint8_t digest[DIGEST_SIZE];
	enum interpreter interpreter;
};

struct judge {
	const struct container *container;
	struct sealed sealed;
	const struct manifest *binfmt; /* as seal_binfmt.h; NULL: none */
	struct mapped *mapped;	       /* the manifests' memory */
	uint64_t devices[MANIFEST_DEVICES_MAX]; /* of the image, as seen */
	/* Larger files are neither shipped nor worth a digest in an event: a
	 * sparse one of terabytes would keep a core busy for hours. */
	uint64_t hash_limit;
	/* Of all that was shipped, sorted; any_size: an exception names a
	 * digest, or a volume is trusted whatever it holds. */
	uint64_t *sizes;
	size_t size_count;
	bool any_size;
	struct lineage *lineage; /* NULL: no exception names a program */
	struct start *start;	 /* NULL: it doesn't matter */
	struct digests *digests;
	struct known_interpreter *interpreters; /* NULL: scripts are off */
	size_t interpreter_count;
};

struct awaited_name {
	char path[PATH_MAX];
	bool counts; /* else a file that is opened by it is judged, no more */
};

/* The scripts that an interpreter is still to open, by one of these names. */
struct awaited {
	struct awaited_name names[3 * OPERANDS_MAX];
	unsigned name_count;
	unsigned left;	/* scripts not yet opened */
	bool elsewhere; /* one isn't there, and may be found in any folder */
	bool by_loader; /* ld.so was executed, and has loaded the interpreter */
};

/* Everything one judgement found; large, so on the heap. */
struct inspection {
	struct facts facts;
	struct identity identities[FILES_MAX];
	/* By which it is known that nobody writes a file that is mapped, with
	 * libraries: strict; else, or where nobody could write it, -1. At
	 * PACE_FULL the caller's, who closes them. */
	int leases[FILES_MAX];
	int merged[FILES_MAX]; /* beside these (lease_merged), or -1 */
	char paths[FILES_MAX][PATH_MAX];
	char mounts[FILES_MAX][PATH_MAX]; /* points of those that came later */
	char requested[PATH_MAX];
	char process[PATH_MAX]; /* facts.process points here */
	struct decision decision;
	struct awaited awaited; /* judge_loaded, where scripts are enforced */
	int error; /* to answer with, where there is nothing to decide */
	/* OUTCOME_SLOW at PACE_FULL: judge once more when this is hashed
	 * (digests.h); else 0. */
	uint64_t waits;
};

enum pace {
	PACE_FAST, /* never wait for a file system; give up instead */
	PACE_FULL, /* look at everything; may wait */
};

/* Map the manifests that container names, checked against their digests.
 * container is borrowed for as long as the judge is used. */
MUST_CHECK int judge_open(const struct container *container, struct judge *ret,
			  struct err *e);

/* The order of judge.sizes, for bsearch(3). */
int judge_compare_sizes(const void *a, const void *b);

/* The stage of what a notification asks for. */
enum stage judge_stage(const struct notification *n);

/* Judge a notification. OUTCOME_SLOW at PACE_FULL, here as below, only while a
 * digest is to come: what can't be looked at with all the time is decided as
 * unresolvable. */
enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret);

/* What the kernel loaded into a target that is stopped at its exec. Never
 * OUTCOME_ERROR: what can't be seen is denied. OUTCOME_PASS: it is dying. */
enum outcome judge_loaded(const struct judge *judge, pid_t tid, enum pace pace,
			  struct inspection *ret);

/* The path that the image shipped a loaded program under; "" where it is none
 * of the image's. */
const char *judge_program(const struct judge *judge,
			  const struct inspection *inspection);

/* What an interpreter, stopped, has just opened as its script. As above, and
 * OUTCOME_PASS where it is no file, but a pipe, say. */
enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret);

/* Decide anew, on what inspection holds by now. */
void judge_decide(const struct judge *judge, struct inspection *inspection);

/*
 * Decide what needs no look: that a target can't be looked at in time, or
 * can't be seized, say. Of facts no files count. Of inspection the path that
 * was asked for stays.
 */
void judge_unseen(const struct judge *judge, const struct facts *facts,
		  struct inspection *inspection);
