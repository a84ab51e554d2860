/*
 * session - the command and user of an exec into a container, from the
 * runtime's own command line, as an engine wrote it. They are for events.
 */
#pragma once

#include "event.h"
#include "process.h"

#include <stddef.h>

/* Set the event's members of a session if runtime is the process of an exec
 * command; else leave them unset. */
void session_describe(const struct process_info *runtime, struct event *event);
