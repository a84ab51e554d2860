/*
 * interpreter - programs that execute the text of a file, and how their
 * arguments name that file. Pure. Sources: each interpreter's own manual page.
 *
 * An interpreter is recognized by the name under which the image ships it, so
 * that a copy with another name is one as well.
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
	INTERPRETER_BUSYBOX, /* the one that its arguments name */
	INTERPRETER_LOADER,  /* ld.so: the one that its arguments name */
};

/* The kind by the last part of a path without its version:
 * "/usr/bin/python3.11". */
enum interpreter interpreter_named(const char *path, size_t len);

/* The origin of the text that will be executed. */
enum operand_kind {
	OPERAND_NONE,	/* the arguments themselves (-c, -e) */
	OPERAND_FILE,	/* the file of that name                  */
	OPERAND_MODULE, /* python -m                              */
	OPERAND_INPUT,	/* standard input                         */
};

struct operand {
	enum operand_kind kind;
	const char *name; /* for OPERAND_FILE and OPERAND_MODULE */
	/* The endings of the file names that the name may mean, in the order in
	 * which they are tried; NULL ends the list. A file is the first that
	 * exists, a module all of them. */
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

/* The files that an interpreter with these arguments executes: args are
 * NUL-terminated, one after the other, len bytes in all, the first being
 * argv[0]. Names are borrowed from args. For a shell these are the files of
 * bash's reading and those of dash's. */
void interpreter_operands(enum interpreter interpreter, const char *args,
			  size_t len, struct operands *ret);

/* Normalize a name as Node does before it looks for the file: without ".", and
 * without the folder before a "..", even if that is a link. ret: two bytes more
 * than the name is long. False where it names the working folder or one
 * above. */
bool interpreter_resolve(const char *name, char *ret);

/* Find the program in the arguments of ld.so, and the argument that becomes its
 * argv[0] (SIZE_MAX: its own name). 1 if none is run, -1 if the options aren't
 * understood. */
int interpreter_loaded(const char *args, size_t len, size_t *ret_program,
		       size_t *ret_argv0);
