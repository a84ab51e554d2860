/*
 * binfmt - interpreters that the host's binfmt_misc keeps open (flag F), and
 * that the kernel starts for programs of other machines wherever these lie.
 * Source: Documentation/admin-guide/binfmt-misc.rst, fs/binfmt_misc.c.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

enum { BINFMT_MAGIC_MAX = 256 };

/* An entry that is enabled, has flag F, and recognizes programs by their
 * bytes. */
struct binfmt_entry {
	char interpreter[4096]; /* as registered, in whatever mount namespace */
	char flags[8];		/* as "POCF" */
	unsigned char magic[BINFMT_MAGIC_MAX];
	unsigned char mask[BINFMT_MAGIC_MAX];
	size_t len;
	size_t offset;
};

/* Parse the text of an entry's file. False if it is no such entry. */
bool binfmt_parse(const char *text, struct binfmt_entry *ret);

/* Open the folder of the host's entries; -1 in *ret_fd: there is none.
 * rootless: nothing is mounted, since the mount would be the user namespace's
 * own, and hide the host's. */
MUST_CHECK int binfmt_open(bool rootless, int *ret_fd, struct err *e);

/* Call with each entry's name, unlike others that had it before, and text. -1
 * of call ends it. */
MUST_CHECK int binfmt_each(int folder,
			   int (*call)(void *context, const char *name,
				       const char *text, struct err *e),
			   void *context, struct err *e);

/* The file that the kernel starts for such programs, open for reading. The
 * kernel is asked for it, since the interpreter's path may lead to another file
 * by now, or was one of another mount namespace. No instruction of the file is
 * run. */
MUST_CHECK int binfmt_ask(const struct binfmt_entry *entry, int *ret_fd,
			  struct err *e);
