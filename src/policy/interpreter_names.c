#include "interpreter.h"

#include "attr.h"

#include <string.h>

static const struct {
	const char *name;
	enum interpreter interpreter;
} names[] = {
	{"sh", INTERPRETER_SHELL},
	{"bash", INTERPRETER_SHELL},
	{"dash", INTERPRETER_SHELL},
	{"ash", INTERPRETER_SHELL},
	{"hush", INTERPRETER_OTHER_SHELL},
	{"rbash", INTERPRETER_SHELL},
	{"ksh", INTERPRETER_OTHER_SHELL},
	{"mksh", INTERPRETER_OTHER_SHELL},
	{"zsh", INTERPRETER_OTHER_SHELL},
	{"yash", INTERPRETER_OTHER_SHELL},
	{"python", INTERPRETER_PYTHON},
	{"pypy", INTERPRETER_PYTHON},
	{"perl", INTERPRETER_PERL},
	{"php", INTERPRETER_PHP},
	{"node", INTERPRETER_NODE},
	{"nodejs", INTERPRETER_NODE},
	{"awk", INTERPRETER_AWK},
	{"mawk", INTERPRETER_AWK},
	{"gawk", INTERPRETER_AWK},
	{"original-awk", INTERPRETER_AWK},
	{"ruby", INTERPRETER_RUBY},
	{"lua", INTERPRETER_LUA},
	{"tclsh", INTERPRETER_TCL},
	{"wish", INTERPRETER_TCL},
	{"csh", INTERPRETER_CSH},
	{"tcsh", INTERPRETER_CSH},
	{"fish", INTERPRETER_OTHER_SHELL},
	{"bash-static", INTERPRETER_SHELL},
	{"zsh-static", INTERPRETER_OTHER_SHELL},
	{"luajit", INTERPRETER_LUA},
	{"bsd-csh", INTERPRETER_CSH},
	{"lksh", INTERPRETER_OTHER_SHELL},
	{"mksh-static", INTERPRETER_OTHER_SHELL},
	{"toybox", INTERPRETER_BUSYBOX},
	{"php-cgi", INTERPRETER_PHP},
};

/* Prefixes of names. */
static const struct {
	const char *name;
	enum interpreter interpreter;
} beginnings[] = {
	{"busybox", INTERPRETER_BUSYBOX}, /* it runs itself by any such name */
	{"ld-", INTERPRETER_LOADER},
	{"ld.so", INTERPRETER_LOADER},
	{"ld64.so", INTERPRETER_LOADER},
};

enum interpreter interpreter_named(const char *path, size_t len)
{
	size_t start = len;
	size_t end = len;

	while (start && path[start - 1] != '/')
		start--;
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (strlen(beginnings[i].name) <= end - start &&
		    memcmp(beginnings[i].name, path + start,
			   strlen(beginnings[i].name)) == 0)
			return beginnings[i].interpreter;
	/* python3.11, perl5.36.0, lua5.4, perl5.36-x86_64-linux-gnu */
	for (size_t i = start; i < end; i++)
		if (path[i] >= '0' && path[i] <= '9')
			end = i;
	while (end > start && (path[end - 1] == '-' || path[end - 1] == '.'))
		end--;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i].name) == end - start &&
		    memcmp(names[i].name, path + start, end - start) == 0)
			return names[i].interpreter;
	return INTERPRETER_NONE;
}
