/*
 * settings - find and read the configuration file: RUNMOOR_CONFIG, else the
 * user's own where rootless, else /etc/runmoor/config.json.
 */
#pragma once

#include "config.h"
#include "err.h"

#include <stdbool.h>

/* The file to read, malloc'ed; NULL: no memory. *ret_required where somebody
 * asked for this very one: otherwise it need not be there. */
char *settings_path(bool *ret_required);

/* Read it over the defaults. config is to be cleared also on failure. */
MUST_CHECK int settings_load(struct config *config, struct err *e);
