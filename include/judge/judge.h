/*
 * judge - from what a target asks for, or has just been given, to facts, and
 * from facts to a decision. Carries between the kernel floor, which looks,
 * and the policy floor, which decides.
 */
#pragma once

#include "inspection.h"
#include "judge_open.h"
#include "notify.h"

#include <sys/types.h>

/* The stage of what a notification asks for. */
enum stage judge_stage(const struct notification *n);

/* Judge a notification: look, decide, choose the answer. OUTCOME_SLOW at
 * PACE_FULL, here as below, only while a digest is to come: what can't be
 * looked at with all the time is decided as unresolvable. */
enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret);

/* What the kernel loaded into a target that is stopped at its exec. reported:
 * an event has told already that this exec is drift. Never OUTCOME_ERROR: what
 * can't be seen is denied. OUTCOME_PASS: it is dying. */
enum outcome judge_loaded(const struct judge *judge, pid_t tid, bool reported,
			  enum pace pace, struct inspection *ret);

/* The path that the image shipped a loaded program under; "" where it is none
 * of the image's. */
const char *judge_program(const struct judge *judge,
			  const struct inspection *inspection);

/* What an interpreter, stopped, has just opened as its script. As above, and
 * OUTCOME_PASS where it is no file, but a pipe, say. */
enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret);

/* Decide and answer anew, on the facts that inspection holds by now. */
void judge_anew(const struct judge *judge, struct inspection *inspection);

/* What may not be looked at any more: a deadline, a target that can't be
 * seized, no memory. Of facts no files count. */
struct answer judge_unseen(const struct judge *judge, enum stage stage,
			   const struct facts *facts, struct decision *ret);
