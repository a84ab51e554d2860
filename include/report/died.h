/*
 * died - a supervisor that was killed on the host, while its container's folder
 * still exists. Each exec in the container then fails, since no process holds
 * the listener, but no event says so yet.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Record the container's first process for died_check; its supervisor calls
 * this. */
void died_note(const char *folder, pid_t init);

/* True if folder has a record, no process holds the lock or is about to, no
 * orderly end is recorded, and the container runs: its first process was
 * recorded and hasn't ended. */
bool died_check(const char *folder);

/* Write the event, unless it is written already, and put a sentence with the
 * remedy into e. Always -1. */
int died_tell(const char *folder, struct err *e);
