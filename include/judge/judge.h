/*
 * judge - from a target's request, or the file that it has just loaded, to
 * facts, and from facts to a decision. It carries facts from the kernel room to
 * the policy room, which decides.
 */
#pragma once

#include "inspection.h"
#include "judge_open.h"
#include "notify.h"

#include <sys/types.h>

/* The stage of a notification's request. */
enum stage judge_stage(const struct notification *n);

/* Judge a notification: look, decide, choose the answer. OUTCOME_SLOW at
 * PACE_FULL, here as below, only while a digest is to come: a file that can't
 * be inspected even then is decided as unresolvable. */
enum outcome judge_request(const struct judge *judge,
			   const struct notification *n, enum pace pace,
			   struct inspection *ret);

/* Judge the files that the kernel loaded into a target that is stopped at its
 * exec. reported: an event has recorded already that this exec is drift. Never
 * OUTCOME_ERROR: a file that can't be seen is denied. OUTCOME_PASS: it is
 * dying. */
enum outcome judge_loaded(const struct judge *judge, pid_t tid, bool reported,
			  enum pace pace, struct inspection *ret);

/* The path that the image shipped a loaded program under; "" if it isn't the
 * image's. */
const char *judge_program(const struct judge *judge,
			  const struct inspection *inspection);

/* Judge the file that a stopped interpreter has just opened as its script. As
 * above, and OUTCOME_PASS if it is no file, but for example a pipe. */
enum outcome judge_opened(const struct judge *judge, pid_t tid, int fd,
			  enum pace pace, struct inspection *ret);

/* Decide and answer again, from the facts that inspection has by now. */
void judge_anew(const struct judge *judge, struct inspection *inspection);

/* Decide without inspecting files: after a deadline, for a target that can't be
 * seized, without memory. The files among the facts don't count. */
struct answer judge_unseen(const struct judge *judge, enum stage stage,
			   const struct facts *facts, struct decision *ret);
