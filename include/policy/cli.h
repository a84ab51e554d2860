/*
 * cli - the command line of runc and crun, read but never changed.
 * Sources: runc(8), runc-create(8) and its siblings, crun(1).
 */
#pragma once

#include "err.h"

#include <stdbool.h>

enum command {
	COMMAND_OTHER, /* anything runmoor passes through */
	COMMAND_CREATE,
	COMMAND_RUN,
	COMMAND_RESTORE,
	COMMAND_EXEC,
	COMMAND_DELETE,
	COMMAND_HELP,	 /* help or usage: never intercepted */
	COMMAND_VERSION, /* --version, -v */
};

/* The runtime whose reading decides where the two differ: -bundle X is --bundle
 * X to runc, and -b undle to crun. */
enum cli_dialect { CLI_EITHER, CLI_RUNC, CLI_CRUN };

/* All strings are borrowed from argv; NULL where not given. */
struct cli {
	enum command command;
	int command_index;   /* of the command word in argv; 0: none */
	const char *root;    /* --root */
	const char *log;     /* --log */
	bool log_json;	     /* --log-format json */
	const char *bundle;  /* --bundle, -b */
	const char *config;  /* create, run --config, -f: the specification,
			      * instead of the bundle's config.json */
	const char *process; /* exec --process, -p */
	const char *id;	     /* container; not set for COMMAND_OTHER, nor for
			      * delete --regex, where it would be a pattern */
	bool detach;
	/* A word that isn't certain came before the command or after it, so
	 * that all of the above is a guess: an option that isn't known, one
	 * that runc and crun read differently (CLI_EITHER only), one at the
	 * end without its value, or a word with white space around it, which
	 * newer versions of runc cut off. */
	const char *unknown_option;
};

/*
 * Read argv. Accepts every form runc (urfave/cli) and crun (argp) accept:
 * --log X, --log=X, -log X, --b X, -b X, -bX, -dbX, abbreviations as --bun X,
 * --detach=false, options after the id (but for exec), "--". Where an unknown
 * option leaves open what runs (see unknown_option) the most sensitive
 * reading is given: if any later word is create, run, restore or exec, that
 * is the command, and --help is not believed. Never fails; what the runtime
 * itself would refuse is passed to it.
 */
void cli_parse(int argc, char *const argv[], enum cli_dialect dialect,
	       struct cli *ret);

/* The dialect of the runtime at path, by its name. */
enum cli_dialect cli_dialect_of(const char *path);
