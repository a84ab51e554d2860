/*
 * settings - find and read the configuration file: RUNMOOR_CONFIG, else the
 * user's own where rootless, else /etc/runmoor/config.json; and the files
 * of policies in policies.d beside it.
 */
#pragma once

#include "config.h"
#include "err.h"

#include <stdbool.h>

/* The file to read, malloc'ed; NULL: no memory. *ret_required where somebody
 * asked for this very one: otherwise it need not be there. */
char *settings_path(bool *ret_required);

/* policies.d beside the configuration at path, malloc'ed, whether either is
 * there or not; NULL: no memory. */
char *settings_policies(const char *path);

/* The defaults for whoever runs this. */
MUST_CHECK int settings_default(struct config *config, struct err *e);

/* Read the configuration and all policies over the defaults. Errors begin
 * with the file. config is to be cleared also on failure, and after the two
 * below. */
MUST_CHECK int settings_load(struct config *config, struct err *e);

/* One file of the configuration alone, over what is there. */
MUST_CHECK int settings_read_file(struct config *config, const char *path,
				  struct err *e);

/* The policies of one file, behind those that are there. */
MUST_CHECK int settings_read_policies(struct config *config, const char *path,
				      struct err *e);

/* The default state_dir of whoever runs this, malloc'ed. NULL: none, as
 * rootless without XDG_RUNTIME_DIR. */
char *settings_home(void);

/* The folder of a container that is there, wherever its create was told to
 * make it, malloc'ed; NULL: none. config may be one that couldn't be read. */
char *settings_find_container(const struct config *config, const char *root,
			      const char *id);
