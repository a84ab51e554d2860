/*
 * A line of the record of writers, which a crash may have cut off: a place that
 * is read from it is written again as the same line.
 */
#include "writers_line_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char boot[] = "01234567-89ab-cdef-0123-456789abcdef";

static void require(bool truth)
{
	if (!truth)
		abort();
}

static bool is_same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static void check_again(const struct writer *writer)
{
	struct buffer text = BUFFER_INIT;
	struct writer again = {0};

	writer_write(boot, &writer->at, &text);
	require(!buffer_failed(&text) && text.len > 0);
	require(memchr(text.data, '\n', text.len) == text.data + text.len - 1);
	text.data[text.len - 1] = '\0';
	require(writer_read(text.data, boot, &again));
	require(again.this_boot && again.at.device == writer->at.device &&
		again.at.file_system == writer->at.file_system &&
		again.at.identity.ino == writer->at.identity.ino &&
		again.at.birth_ns == writer->at.birth_ns &&
		is_same(again.at.origin, writer->at.origin) &&
		is_same(again.at.folder, writer->at.folder));
	location_clear(&again.at);
	buffer_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The copy is exactly as long as the data. */
	char *line = strndup((const char *)data, size);
	struct writer writer = {0};

	require(line != NULL);
	if (writer_read(line, boot, &writer))
		check_again(&writer);
	location_clear(&writer.at);
	free(line);
	return 0;
}
