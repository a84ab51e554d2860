/*
 * archive_internal - the start of an archive in a file; private to archive*.c.
 */
#pragma once

#include <stdint.h>

/* The number of bytes before the archive at the end of a file that its offsets
 * don't count, as when it was appended to a program. */
uint64_t archive_start(int fd, uint64_t size);
