/*
 * buffer - bytes that grow. The first failed allocation is remembered: later
 * appends do nothing, and buffer_failed returns true at the end.
 */
#pragma once

#include "attr.h"

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* NUL-terminated where not NULL; the NUL isn't counted */
	size_t len;
	size_t cap;
	bool failed;
};

#define BUFFER_INIT ((struct buffer){0})

void buffer_append(struct buffer *b, const void *bytes, size_t len);
void buffer_printf(struct buffer *b, const char *format, ...) PRINTF(2, 3);
static inline bool buffer_failed(const struct buffer *b)
{
	return b->failed;
}
void buffer_clear(struct buffer *b);
