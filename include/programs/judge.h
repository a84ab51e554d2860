/*
 * judge - from what a target asks for, or has just been given, to facts, and
 * from facts to a decision. Carries between the kernel floor, which looks,
 * and the policy floor, which decides. One judge a container, immutable and
 * shared by all threads.
 */
#pragma once

#include "container.h"
#include "decision.h"
#include "event.h"
#include "interpreter.h"
#include "notify.h"

#include <limits.h>
#include <stdbool.h>

struct lineage;
struct start;

/* An interpreter that the image ships. */
struct known_interpreter {
	uint8_t digest[DIGEST_SIZE];
	enum interpreter interpreter;
};

struct judge {
	const struct container *container;
	struct sealed sealed;
	uint64_t devices[MANIFEST_DEVICES_MAX]; /* of the image, as seen */
	/* Larger files are neither shipped nor worth a digest in an event: a
	 * sparse one of terabytes would keep a core busy for hours. */
	uint64_t hash_limit;
	bool mounts_matter;	 /* an exception names a mount */
	struct lineage *lineage; /* NULL: no exception names a program */
	struct start *start;	 /* NULL: it doesn't matter */
	struct known_interpreter *interpreters; /* NULL: scripts are off */
	size_t interpreter_count;
};

/* The scripts that an interpreter is still to open: the last parts of the
 * names that it may open them by. */
struct awaited {
	char names[2 * OPERANDS_MAX][NAME_MAX + 1];
	unsigned name_count;
	unsigned left; /* scripts not yet opened */
};

/* Everything one judgement found; large, so on the heap. */
struct inspection {
	struct facts facts;
	struct identity identities[FILES_MAX];
	char paths[FILES_MAX][PATH_MAX];
	char requested[PATH_MAX];
	char process[PATH_MAX]; /* facts.process points here */
	struct decision decision;
	struct awaited awaited; /* judge_loaded, where scripts are enforced */
	int error; /* to answer with, where there is nothing to decide */
};

enum pace {
	PACE_FAST, /* never wait for a file system; give up instead */
	PACE_FULL, /* look at everything; may wait */
};

enum outcome {
	OUTCOME_DECIDED, /* inspection.decision holds             */
	OUTCOME_ERROR,	 /* inspection.error is the answer        */
	OUTCOME_PASS,	 /* nothing to judge: the kernel answers  */
	OUTCOME_SLOW,	 /* needs PACE_FULL                       */
};

/* Map the manifests that container names, checked against their digests.
 * container is borrowed for as long as the judge is used. */
MUST_CHECK int judge_open(const struct container *container, struct judge *ret,
			  struct err *e);

/* What a notification asks for. */
enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret);

/* What the kernel loaded into a target that is stopped at its exec. Never
 * OUTCOME_ERROR: what can't be seen is denied. */
enum outcome judge_loaded(const struct judge *judge, pid_t tid, enum pace pace,
			  struct inspection *ret);

/* What an interpreter, stopped, has just opened as its script. As above. */
enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret);
