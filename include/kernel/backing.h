/*
 * backing - the file that is really mapped, if it isn't the one that was
 * opened: an overlay passes a mapping on to the layer's own file. Source:
 * proc_pid_map_files(5); fs/backing-file.c.
 */
#pragma once

#include "identity.h"

#include <stdbool.h>

/* True if a mapping of fd, open for reading, maps another file, which is *ret.
 * False also if that can't be found out (rootless). */
bool backing_find(int fd, struct identity *ret);
