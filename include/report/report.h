/*
 * report - events of a container, made from its record and a judgement, as
 * lines for the journal.
 */
#pragma once

#include "container.h"
#include "decision.h"
#include "event.h"
#include "identity.h"
#include "journal.h"
#include "start.h"

#include <stdbool.h>
#include <sys/types.h>

/* Queue that the container is sealed. */
void report_sealed(const struct container *container, struct journal *journal);

/* Queue that it is released, with the number of files and bytes that were
 * hashed for it. */
void report_released(const struct container *container, struct journal *journal,
		     uint64_t hashed_files, uint64_t hashed_bytes);

/* Queue that hooks added executables. */
void report_added(const struct container *container, const struct added *added,
		  struct journal *journal);

/* Queue that a wrapper behind runmoor rewrote the specification. */
void report_rewritten(const struct container *container,
		      struct journal *journal);

/* Queue that the container's supervisor has died. */
void report_died(const struct container *container, struct journal *journal);

/* Begin the event of an exec session, while the facts of asker (the runtime's
 * exec, or runmoor's) can be read: its command, and its ancestors up to the
 * engine. The caller passes it to report_session; NULL: no memory. */
struct event *report_asker(pid_t asker);

/* Queue the session's event: opened, or refused. tid: the session's process; 0:
 * none. */
void report_session(const struct container *container, struct journal *journal,
		    enum action action, struct event *take_event, pid_t tid);

/* A judgement to report; every pointer is borrowed. */
struct judgement {
	enum action action;
	pid_t tid;
	const char *call;      /* the notification's; NULL: it was none      */
	const char *requested; /* the path that was asked for; NULL: none    */
	const struct facts *facts;
	const struct decision *decision;
	const struct identity *identity; /* of decision.file; NULL: no file  */
	bool args; /* with the processes' arguments: reading them may wait for
		      their memory */
};

/* The event of a judgement, as a malloc'ed line to queue before the answer;
 * NULL when out of memory, or if the event is only counted. */
char *report_judged(const struct container *container, struct journal *journal,
		    const struct judgement *judgement, size_t *ret_len);

/* The line of a summary, for journal_limit. context: the container. */
char *report_summary(const void *context, const struct summary *summary,
		     size_t *ret_len);
