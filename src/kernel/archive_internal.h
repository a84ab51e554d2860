/*
 * archive_internal - where an archive begins in a file; private to archive*.c.
 */
#pragma once

#include <stdint.h>

/* How many bytes lie before the archive that a file ends with and are not
 * counted in its offsets, as where it was appended to a program. */
uint64_t archive_start(int fd, uint64_t size);
