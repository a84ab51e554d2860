/*
 * settings - find and read the configuration file: RUNMOOR_CONFIG, else the
 * user's own where rootless, else /etc/runmoor/config.json; and the files
 * of policies in policies.d beside it.
 */
#pragma once

#include "config.h"
#include "err.h"

#include <stdbool.h>

/* The file to read, malloc'ed; NULL: no memory. *ret_required is true if
 * RUNMOOR_CONFIG names the file: any other need not exist. */
char *settings_path(bool *ret_required);

/* policies.d beside the configuration at path, malloc'ed, whether either is
 * there or not; NULL: no memory. */
char *settings_policies(const char *path);

/* The defaults for the user of this process. */
MUST_CHECK int settings_default(struct config *config, struct err *e);

/* Read the configuration and all policies over the defaults. Errors begin with
 * the file's name. The caller clears config, after a failure too; so after the
 * next two functions. */
MUST_CHECK int settings_load(struct config *config, struct err *e);

/* The same; if the configuration is malformed, nothing is set. */
void settings_load_leniently(struct config *config);

/* Read one file of the configuration over the values that config has. */
MUST_CHECK int settings_read_file(struct config *config, const char *path,
				  struct err *e);

/* Append the policies of one file to those that config has. */
MUST_CHECK int settings_read_policies(struct config *config, const char *path,
				      struct err *e);

/* The default state_dir of the user of this process, malloc'ed. NULL: there is
 * none, as rootless without XDG_RUNTIME_DIR. */
char *settings_home(void);

/* The folder of an existing container, in whatever state_dir its create made
 * it, malloc'ed; NULL: none. config may be one that couldn't be read. */
char *settings_find_container(const struct config *config, const char *root,
			      const char *id);
