/*
 * stat - statx(2) into an identity.
 */
#pragma once

#include "identity.h"

/* For an open file, also O_PATH, use path "" and AT_EMPTY_PATH. -1 with
 * errno. */
int stat_identity(int dirfd, const char *path, int flags, struct identity *ret);

/* Birth time in nanoseconds; 0 if the file system has none. */
int stat_birth(int fd, struct identity *ret, int64_t *ret_birth_ns);

/* The mount that fd is on, by a number that is never used again (Linux 6.8); on
 * older kernels by its ID, which may be. 0: not known. */
uint64_t stat_mount(int fd);

/* The file that lies at path in the folder root, as this process sees them: no
 * link is followed, and no other mount entered. A path as another process sees
 * it depends on that process's mounts; here it is looked up anew. -1 if there
 * is none. */
int stat_within(const char *root, const char *path, struct identity *ret);
