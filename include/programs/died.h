/*
 * died - a supervisor that isn't there any more, though its container's folder
 * is: killed on the host. The container is closed by that, since a listener
 * without anybody fails each exec, but nothing says so.
 */
#pragma once

#include <stdbool.h>

/* A record is in folder, nobody holds the lock or is about to, and nobody left
 * word of an orderly end. */
bool died_check(const char *folder);

/* True once for each that died: who asks first tells of it. */
bool died_first(const char *folder);
