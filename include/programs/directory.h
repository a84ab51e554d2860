/*
 * directory - finds a container's folder when the configuration can't: it may
 * be malformed, or have another state_dir than when the container was created.
 * Where state_dir isn't the default one, the default one has a symbolic link
 * to the folder, under the folder's own name; and the folder has one to that
 * link, since whoever removes it may have another environment.
 */
#pragma once

#include "config.h"
#include "err.h"

/* Where the links are, malloc'ed: the default state_dir. NULL: none, as
 * rootless without XDG_RUNTIME_DIR. */
char *directory_home(void);

/* Before folder is claimed: a link of a container that is gone doesn't stand
 * in its place. */
void directory_make_way(const char *folder);

/* Link to folder, which this process has claimed; a link to another one that
 * still has a supervisor stays. */
MUST_CHECK int directory_add(const char *folder, struct err *e);

/* The folder of a container that is there, malloc'ed: in config's state_dir,
 * which may be unset, else where a link leads; NULL: none. */
char *directory_find(const struct config *config, const char *root,
		     const char *id);

/* Remove the link to folder, before that is removed. */
void directory_forget(const char *folder);
