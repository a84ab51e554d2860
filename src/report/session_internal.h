/*
 * session - what an exec into a container is asked for: its command and user,
 * from the runtime's own command line, as an engine wrote it. For events.
 */
#pragma once

#include "event.h"
#include "process.h"

#include <stddef.h>

/* Set what the event tells of a session, where runtime is the process of an
 * exec command; leave it where it isn't. */
void session_describe(const struct process_info *runtime, struct event *event);
