/*
 * interpreter - programs that run what a file says, and which file their
 * arguments name. Pure. Sources: each interpreter's own manual page.
 *
 * Known by the name that the image ships them under, so that a copy by
 * another name stays one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum interpreter {
	INTERPRETER_NONE,
	INTERPRETER_SHELL, /* bash, dash, busybox */
	INTERPRETER_CSH,
	INTERPRETER_OTHER_SHELL,
	INTERPRETER_PYTHON,
	INTERPRETER_PERL,
	INTERPRETER_PHP,
	INTERPRETER_NODE,
	INTERPRETER_AWK,
	INTERPRETER_RUBY,
	INTERPRETER_LUA,
	INTERPRETER_TCL,
	INTERPRETER_BUSYBOX, /* whichever of them its arguments say */
	INTERPRETER_LOADER,  /* ld.so: whichever its arguments name */
};

/* By the last part of a path, less a version: "/usr/bin/python3.11". */
enum interpreter interpreter_named(const char *path, size_t len);

/* Where the text comes from that is going to be run. */
enum operand_kind {
	OPERAND_NONE,	/* from the arguments themselves (-c, -e) */
	OPERAND_FILE,	/* the file of that name                  */
	OPERAND_MODULE, /* python -m                              */
	OPERAND_INPUT,	/* standard input                         */
};

struct operand {
	enum operand_kind kind;
	const char *name; /* of OPERAND_FILE and OPERAND_MODULE */
	/* What follows the name in the files that it may mean, in the order
	 * in which they are tried; NULL ends the list. A file is the first
	 * that there is, a module all of them. */
	const char *const *suffixes;
};

enum { OPERANDS_MAX = 4 };

struct operands {
	struct operand at[OPERANDS_MAX];
	int count; /* at least one */
	/* False: there may be others. The arguments are cut off, name more
	 * than OPERANDS_MAX files, or hold an option that isn't known here or
	 * that programs of this kind read differently. */
	bool understood;
};

/*
 * What an interpreter with these arguments runs: args are NUL-terminated, one
 * after the other, len bytes in all, the first being argv[0]. Names are
 * borrowed from args. Of a shell it is what bash would run and what dash would.
 */
void interpreter_operands(enum interpreter interpreter, const char *args,
			  size_t len, struct operands *ret);

/* How Node takes a name apart before it looks for the file: without ".", and
 * without the folder before a "..", whatever that links to. ret: two bytes
 * more than the name is long. False where it names the working folder or one
 * above. */
bool interpreter_resolve(const char *name, char *ret);

/*
 * Where in the arguments of ld.so its program is named, and what that gets for
 * its argv[0] (SIZE_MAX: its own name). 1 where none is run, -1 where its
 * options aren't understood.
 */
int interpreter_loaded(const char *args, size_t len, size_t *ret_program,
		       size_t *ret_argv0);
