#include "utf8.h"

#include "test.h"

#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	size_t length;
} lengths[] = {
	{"nothing", BYTES(""), 0},
	{"a continuation byte alone", BYTES("\x80"), 0},
	{"an overlong NUL", BYTES("\xc0\x80"), 0},
	{"an overlong slash of three bytes", BYTES("\xe0\x80\xaf"), 0},
	{"an overlong slash of four bytes", BYTES("\xf0\x80\x80\xaf"), 0},
	{"the first surrogate", BYTES("\xed\xa0\x80"), 0},
	{"above U+10FFFF", BYTES("\xf4\x90\x80\x80"), 0},
	{"a lead byte that UTF-8 doesn't have", BYTES("\xf5\x80\x80\x80"), 0},
	{"two bytes, cut off", BYTES("\xc3"), 0},
	{"three bytes, cut off", BYTES("\xe2\x82"), 0},
	{"a third byte that is a letter", BYTES("\xe2\x82x"), 0},
	{"a NUL", BYTES("\0"), 1},
	{"a letter before others", BYTES("ab"), 1},
	{"two bytes", BYTES("\xc3\xa4"), 2},
	{"the last before the surrogates", BYTES("\xed\x9f\xbf"), 3},
	{"the first after the surrogates", BYTES("\xee\x80\x80"), 3},
	{"U+10FFFF", BYTES("\xf4\x8f\xbf\xbf"), 4},
};

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	const char *escaped;
} escapes[] = {
	{"a terminal's escape", BYTES("a\x1b[2Jb"), "a\\x1b[2Jb"},
	{"a newline can't begin another line", BYTES("a\nb"), "a\\x0ab"},
	{"a NUL can't end it", BYTES("a\0b"), "a\\x00b"},
	{"DEL", BYTES("\x7f"), "\\x7f"},
	{"a C1 control character, whole", BYTES("\xc2\x9b"), "\\xc2\\x9b"},
	{"bytes that are not UTF-8", BYTES("\xff\xc3"), "\\xff\\xc3"},
	{"text stays", BYTES("\xc3\xa4 \xe2\x82\xac \\ \""),
	 "\xc3\xa4 \xe2\x82\xac \\ \""},
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		CHECK(lengths[i].name,
		      utf8_length(lengths[i].bytes, lengths[i].len) ==
			      lengths[i].length);
	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		OWNED(buffer_clear) struct buffer out = BUFFER_INIT;

		utf8_escape(escapes[i].bytes, escapes[i].len, &out);
		CHECK(escapes[i].name,
		      out.data && strcmp(out.data, escapes[i].escaped) == 0);
	}
	TEST_END();
}
