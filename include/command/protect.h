/*
 * protect - create, run and restore: seal the image, start the supervisor,
 * rewrite the spec, run the runtime, tidy up.
 */
#pragma once

#include "cli.h"
#include "config.h"
#include "err.h"
#include "log.h"

struct command_line {
	const struct cli *cli;
	char *const *argv;
	const char *runtime; /* absolute */
	const struct log *log;
	const char *self; /* folder of our own programs */
};

/* Set the attributes that policy requires, for the runtime, and so the
 * container, to inherit. */
MUST_CHECK int hand_down(const struct config *config, struct err *e);

/* Runs the command under protection. Takes config's content, which is cleared
 * in any case. On success *ret_status is the runtime's exit status; on -1 the
 * container was refused and nothing is left behind. */
MUST_CHECK int protect_run(const struct command_line *line,
			   struct config *take_config, int *ret_status,
			   struct err *e);
