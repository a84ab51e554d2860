#include "err.h"

#include "test.h"

#include <errno.h>
#include <string.h>

static const char *repeat(char c, size_t count)
{
	static char text[2048];

	memset(text, c, count);
	text[count] = '\0';
	return text;
}

/* More than fits is cut, and nothing behind the text is touched. */
static void check_cut(void)
{
	struct {
		struct err e;
		char behind[8];
	} guarded = {.behind = "behind"};
	struct err *e = &guarded.e;

	CHECK("a text too long", err_set(e, EIO, "%s", repeat('a', 2000)) < 0);
	CHECK("a text too long is cut",
	      strlen(e->text) == sizeof(e->text) - 1 && e->code == EIO);
	CHECK("a context too long", err_wrap(e, "%s", repeat('b', 2000)) < 0);
	CHECK("a context too long leaves no room for what it is of",
	      strlen(e->text) == sizeof(e->text) - 1 && !strchr(e->text, 'a'));
	(void)err_set(e, EIO, "%s", repeat('a', sizeof(e->text) - 4));
	CHECK("a text that leaves room for a part of the reason",
	      strlen(e->text) == sizeof(e->text) - 1 && strstr(e->text, "a: "));
	CHECK("nothing behind it is touched",
	      strcmp(guarded.behind, "behind") == 0);
}

int main(void)
{
	struct err e = {0};

	check_cut();
	CHECK("nobody wants to know", err_set(NULL, EIO, "read") == -1);
	CHECK("nobody wants to know more", err_wrap(NULL, "read") == -1);
	CHECK("with a code", err_set(&e, ENOENT, "open %s", "/x") == -1);
	CHECK("its reason follows", strcmp(e.text, "open /x: No such file or "
						   "directory") == 0);
	CHECK("the code is kept", e.code == ENOENT);
	CHECK("wrapped", err_wrap(&e, "spec %d", 1) == -1);
	CHECK("the context comes first",
	      strcmp(e.text, "spec 1: open /x: No such file or directory") ==
		      0);
	CHECK("the code is still that", e.code == ENOENT);
	CHECK("without a code", err_set(&e, 0, "mode: %s", "unknown") == -1);
	CHECK("the text stands alone", strcmp(e.text, "mode: unknown") == 0);
	CHECK("yet there is a code", e.code == EINVAL);
	TEST_END();
}
