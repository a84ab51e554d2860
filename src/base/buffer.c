#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool buffer_reserve(struct buffer *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;
	char *data;

	if (b->failed)
		return false;
	if (more < b->cap - b->len)
		return true;
	while (cap - b->len <= more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void buffer_append(struct buffer *b, const void *bytes, size_t len)
{
	if (!buffer_reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	buffer_append(b, text, (size_t)n);
	free(text);
}

void buffer_clear(struct buffer *b)
{
	free(b->data);
	*b = BUFFER_INIT;
}
