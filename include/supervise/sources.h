/*
 * sources - what the events of the supervisor's loop are about. Some come and
 * go: a connection to the socket, from a runtime that hands over; and the
 * listener that came by it, the container's own or an exec session's.
 */
#pragma once

#include "container.h"
#include "event.h"
#include "handoff.h"
#include "journal.h"
#include "tracer.h"

#include <stdbool.h>
#include <stddef.h>

enum source_kind {
	SOURCE_HANDOFF_SOCKET,
	SOURCE_HANDOFF,
	SOURCE_LISTENER,
	SOURCE_SIGNALS,
	SOURCE_JOBS,
	SOURCE_TICK,
	SOURCE_READY,
	SOURCE_PATIENCE,
};

/* What an epoll event is about. */
struct source {
	enum source_kind kind;
	struct source *next; /* of SOURCE_LISTENER and SOURCE_HANDOFF */
	struct listener listener;
	struct handoff handoff;
	struct event *asker; /* of an exec session; or NULL */
};

/* All of them; container and journal are borrowed. */
struct sources {
	int epoll;
	int socket; /* where runtimes connect */
	const struct container *container;
	struct journal *journal;
	struct source *first; /* of those that come and go */
	size_t living;	      /* listeners that have tasks */
	size_t taken;	      /* all that ever came */
	pid_t init;	      /* the container's first process; 0: not known */
};

/* Have fd's events tell of source. */
MUST_CHECK int sources_watch(const struct sources *sources, int fd,
			     struct source *source, struct err *e);

/* A runtime connects. */
void sources_connect(struct sources *sources);

/* It sends: with the last of it a source is a listener, if it is admitted:
 * true then. */
bool sources_receive(struct sources *sources, struct source *source);

/* A listener that no task is left of; freed by sources_sweep once no job
 * refers to it. */
void sources_retire(struct sources *sources, struct source *source);
void sources_sweep(struct sources *sources);
