#include "buffer.h"

#include "test.h"

#include <string.h>

/* Lengths around the doublings, one byte and many bytes at a time. */
static void check_growth(void)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer whole = BUFFER_INIT;
	size_t wrong = 0;

	for (size_t i = 0; i < 5000; i++) {
		const char c = (char)i;

		buffer_append(&bytes, &c, 1);
		wrong += bytes.len != i + 1 || bytes.data[i] != c ||
			 bytes.data[i + 1] != '\0' || bytes.cap <= bytes.len;
	}
	CHECK("each byte, and a NUL behind it", wrong == 0);
	for (size_t len = 0; len < 1100; len++) {
		OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

		buffer_append(&b, bytes.data, len);
		wrong += b.len != len || b.data[len] != '\0' ||
			 memcmp(b.data, bytes.data, len) != 0;
		buffer_append(&whole, bytes.data, len);
		wrong += whole.data[whole.len] != '\0';
	}
	CHECK("any length at once", wrong == 0);
	CHECK("all lengths together",
	      whole.len == 1099 * 1100 / 2 &&
		      memcmp(whole.data + whole.len - 1099, bytes.data, 1099) ==
			      0);
}

static void check_text(void)
{
	OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

	buffer_append(&b, NULL, 0);
	CHECK("nothing is text already", b.data && b.data[0] == '\0');
	buffer_append(&b, "a\0b", 3);
	CHECK("a NUL is a byte", b.len == 3 && b.data[2] == 'b');
	buffer_printf(&b, "%s-%d", "c", -1);
	CHECK("a format", b.len == 7 && strcmp(b.data + 3, "c--1") == 0);
	buffer_printf(&b, "%5000s|", "");
	CHECK("a format that is longer than any first guess",
	      b.len == 5008 && b.data[5007] == '|');
	buffer_clear(&b);
	CHECK("cleared", !b.data && !b.len && !b.cap && !buffer_failed(&b));
	buffer_append(&b, "again", 5);
	CHECK("and used again", b.len == 5 && strcmp(b.data, "again") == 0);
}

static void check_failure(void)
{
	OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

	buffer_append(&b, "kept", 4);
	b.failed = true;
	buffer_append(&b, "lost", 4);
	buffer_printf(&b, "lost");
	CHECK("nothing is added after a failure",
	      b.len == 4 && strcmp(b.data, "kept") == 0);
	CHECK("a failure stays", buffer_failed(&b));
}

int main(void)
{
	check_failure();
	check_text();
	check_growth();
	TEST_END();
}
