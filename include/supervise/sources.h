/*
 * sources - the sources of events in the supervisor's loop. Some come and go: a
 * connection to the socket, from a runtime that hands a listener over; and that
 * listener, the container's own or an exec session's.
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

/* The source of an epoll event. */
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
	int socket; /* the socket to which runtimes connect */
	const struct container *container;
	struct journal *journal;
	struct source *first; /* the sources that come and go */
	size_t living;	      /* listeners that have tasks */
	size_t taken;	      /* all listeners that ever came */
	pid_t init;	      /* the container's first process; 0: not known */
};

/* Watch fd; its events point to source. */
MUST_CHECK int sources_watch(const struct sources *sources, int fd,
			     struct source *source, struct err *e);

/* A runtime connects. */
void sources_connect(struct sources *sources);

/* A runtime sends. At the end the source becomes a listener, if that is
 * admitted: true then. */
bool sources_receive(struct sources *sources, struct source *source);

/* Retire a listener without tasks; sources_sweep frees it once no job refers to
 * it. */
void sources_retire(struct sources *sources, struct source *source);
void sources_sweep(struct sources *sources);
