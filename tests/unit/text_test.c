#include "text.h"

#include "test.h"

#include <errno.h>
#include <string.h>
#include <wchar.h>

static void check_formats(void)
{
	OWNED(free_owned) char *nothing = text_format("%s", "");
	OWNED(free_owned) char *path = text_format("%.*s/%d", 3, "fourth", 7);

	CHECK("an empty text is a text", nothing && strcmp(nothing, "") == 0);
	CHECK("a precision and a number", path && strcmp(path, "fou/7") == 0);
}

/* Longer than any buffer that it could be made in. */
static void check_length(void)
{
	OWNED(free_owned) char *text = text_format("%*s", 1 << 20, "end");

	CHECK("a megabyte", text && strlen(text) == 1 << 20);
	CHECK("its end is there",
	      text && strcmp(text + strlen(text) - 4, " end") == 0);
}

/* No locale has half of a surrogate pair as a character. */
static void check_failure(void)
{
	OWNED(free_owned) char *text = text_format("%lc", (wint_t)0xd800);

	CHECK("what can't be made is NULL", !text);
	CHECK("errno says why", errno == EILSEQ);
}

int main(void)
{
	check_formats();
	check_length();
	check_failure();
	TEST_END();
}
