/*
 * look_words - the arguments of a program, from its process, or from the memory
 * of execve's caller.
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

/* Read all arguments of the loaded program: -1 if they can't be read. */
MUST_CHECK int words_read_own(const struct look *look, struct words *words);

/* Read the arguments that it will have, at the address argv: the same. */
MUST_CHECK int words_read_asked(const struct look *look, uint64_t argv,
				struct words *words);

/* Remove the first count arguments; false if there are fewer. */
bool words_drop(struct words *words, unsigned count);

/* Change the arguments to those of the program that ld.so runs, by
 * interpreter_loaded's places: its own name first, or another for it. */
void words_load(struct words *words, size_t program, size_t argv0);
