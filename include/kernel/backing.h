/*
 * backing - the file that a mapping is of, where that isn't the one that was
 * opened: an overlay hands a mapping on to the layer's own file. Source:
 * proc_pid_map_files(5); fs/backing-file.c.
 */
#pragma once

#include "identity.h"

#include <stdbool.h>

/* A mapping of fd, open for reading, is of another file, which is *ret. False
 * also where that can't be asked (rootless). */
bool backing_find(int fd, struct identity *ret);
