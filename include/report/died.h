/*
 * died - a supervisor that isn't there any more, though its container's folder
 * is: killed on the host. The container is closed by that, since a listener
 * without anybody fails each exec, but nothing says so.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Note the container's first process, for died_check; its supervisor does. */
void died_note(const char *folder, pid_t init);

/* A record is in folder, nobody holds the lock or is about to, nobody left word
 * of an orderly end, and the container runs: a first process that was noted
 * hasn't ended. */
bool died_check(const char *folder);

/* Write the event, where nobody has yet, and say it in a sentence with what to
 * do. Always -1. */
int died_tell(const char *folder, struct err *e);
