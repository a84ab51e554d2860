/*
 * stat - statx(2) into an identity.
 */
#pragma once

#include "identity.h"

/* Of an open file, O_PATH too: path "" and AT_EMPTY_PATH. -1 with errno. */
int stat_identity(int dirfd, const char *path, int flags, struct identity *ret);

/* Birth time in nanoseconds; 0 where the file system has none. */
int stat_birth(int fd, struct identity *ret, int64_t *ret_birth_ns);

/* The mount that fd is on, by a number that is never used again (Linux 6.8);
 * on older kernels by its ID, which may be. 0: can't be told. */
uint64_t stat_mount(int fd);
