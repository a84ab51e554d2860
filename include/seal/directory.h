/*
 * directory - finds a container's folder when the configuration can't: it may
 * be malformed, or have another state_dir than when the container was created.
 * If state_dir isn't the default one, the default one has a symbolic link to
 * the folder, under the folder's own name. The folder has a link to that link,
 * since the command that removes it may have another environment.
 */
#pragma once

#include "err.h"

/* Call this before folder is claimed: it removes a link of an earlier container
 * that is in its place. */
void directory_make_way(const char *folder);

/* Link to folder, which this process has claimed, in home, the default
 * state_dir; a link to another one that still has a supervisor stays. */
MUST_CHECK int directory_add(const char *folder, const char *home,
			     struct err *e);

/* The existing folder of a container, malloc'ed: in state_dir, else by a link
 * in home; NULL: none. Either may be NULL. */
char *directory_find(const char *state_dir, const char *home, const char *root,
		     const char *id);

/* Remove the link to folder, before that is removed. */
void directory_forget(const char *folder);
