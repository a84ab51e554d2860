/*
 * place - which folder something was sealed of, and whether that is gone for
 * good. A disk that isn't mounted just now takes its folders with it, and
 * brings them back: so the folders above are taken down as well.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>

/*
 * Append lines that tell of the folder path, and of those above it that text
 * doesn't tell of yet. What can't be told of leaves none: it is never gone.
 */
void place_describe(const char *path, struct buffer *text);

/* text has lines of place_describe, and others: one of its folders is gone,
 * while what was above it is as it was. */
bool place_is_gone(const char *text);
