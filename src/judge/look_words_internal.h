/*
 * look_words - the arguments of a program, as its process has them, or as the
 * caller of execve keeps them for it.
 */
#pragma once

#include "look_internal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments one after the other, each with its NUL. */
struct words {
	char *text;
	size_t len;
	size_t size;
};

void words_owned(struct words *words);

/* The arguments that it has, all of them: -1 where they can't be had. */
MUST_CHECK int words_read_own(const struct look *look, struct words *words);

/* The arguments that it is to have, at the address argv: the same. */
MUST_CHECK int words_read_asked(const struct look *look, uint64_t argv,
				struct words *words);

/* Leave the first ones out; false where there aren't so many. */
bool words_drop(struct words *words, unsigned count);

/* What the program is given that ld.so runs, by interpreter_loaded's places:
 * its own name first, or another for it. */
void words_load(struct words *words, size_t program, size_t argv0);
