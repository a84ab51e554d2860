/*
 * cli_internal - declarations that cli.c (reads a command line) and
 * cli_options.c (the options that runc and crun have) share.
 */
#pragma once

#include "cli.h"

#include <stdbool.h>
#include <stddef.h>

/* A command line that is being read. */
struct reading {
	int argc;
	char *const *argv;
	int at; /* the word that is read next      */
	int doubt_at;
	unsigned scope;
	enum cli_dialect dialect;
	struct cli cli;
	const char *log_format;
	bool help;
	bool version;
	bool regex;
};

/* Scopes of options. */
enum {
	GLOBAL = 1 << 0, /* before the command */
	CREATE = 1 << 1,
	RUN = 1 << 2,
	RESTORE = 1 << 3,
	EXEC = 1 << 4,
	DELETE = 1 << 5,
	COMMANDS = CREATE | RUN | RESTORE | EXEC | DELETE,
};

enum takes { NOTHING, VALUE, OPTIONAL };

/* Traits of options. */
enum {
	CRUN = 1 << 0,	/* crun has it: may be abbreviated, or bundled */
	LATER = 1 << 1, /* newer versions of runc take it after the command */
};

struct option {
	const char *name;
	const char *letters;
	enum takes takes;
	unsigned scopes;
	unsigned traits;
	size_t field; /* of struct reading; 0 if its value isn't needed */
};

/* The option of the scope that is read; NULL: there is none. runc accepts the
 * whole name only, with one dash or two. */
const struct option *cli_option_by_name(const struct reading *r,
					const char *name, size_t len);

/* The same as getopt_long(3) accepts it: the start of a name if only one name
 * begins so; and one letter. */
const struct option *cli_option_by_start(const struct reading *r,
					 const char *name, size_t len);
const struct option *cli_option_by_letter(const struct reading *r, char letter);
