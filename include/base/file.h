/*
 * file - whole files: read one, publish one so that it is there completely or
 * not at all.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdint.h>
#include <sys/types.h>

/* Append the bytes of the regular file at path (relative to dirfd) to out.
 * EFBIG over limit bytes; ENOENT and others as open(2). Never blocks on a
 * FIFO or a device. */
MUST_CHECK int file_read(int dirfd, const char *path, size_t limit,
			 struct buffer *out, struct err *e);

/* Write path with the given mode: a temporary file beside it, renamed over
 * it. Nothing is left behind on failure. */
MUST_CHECK int file_publish(const char *path, const void *bytes, size_t len,
			    mode_t mode, struct err *e);

/* The same, but an existing file at path is kept as it is. */
MUST_CHECK int file_publish_first(const char *path, const void *bytes,
				  size_t len, mode_t mode, struct err *e);

/* folder/name, malloc'ed; NULL: out of memory. */
char *file_in(const char *folder, const char *name);

/* Make path and its parents, as mkdir -p does; mode is for the new folders. */
MUST_CHECK int file_make_dirs(const char *path, mode_t mode, struct err *e);

/* Write all of bytes; -1 with errno otherwise. */
MUST_CHECK int file_write_all(int fd, const void *bytes, size_t len);
