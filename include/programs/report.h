/*
 * report - events of a container, made of what its record and a judgement
 * say, as lines for the journal.
 */
#pragma once

#include "container.h"
#include "event.h"
#include "journal.h"
#include "judge.h"

#include <stdbool.h>
#include <sys/types.h>

/* Queue an event of the container itself: sealed, released. */
void report_container(const struct container *container,
		      struct journal *journal, enum action action);

/* Queue an event of a process without a judgement: a session, tid 0 for one
 * that was refused before it was there. */
void report_session(const struct container *container, struct journal *journal,
		    enum action action, pid_t tid);

/*
 * An event of what was judged, as a malloc'ed line to queue before the
 * answer; NULL when out of memory. call: NULL where it was no notification's.
 * args: also the processes' arguments, which may wait for their memory.
 */
char *report_judged(const struct container *container, struct journal *journal,
		    enum action action, pid_t tid, const char *call,
		    const struct inspection *inspection, bool args,
		    size_t *ret_len);
