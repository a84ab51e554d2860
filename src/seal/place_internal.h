/*
 * place - the folder that a seal was made of, and whether that is gone for
 * good. The folders of an unmounted disk disappear and come back with it: so
 * the folders above are recorded as well.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>

/* Append lines that describe the folder path, and the folders above it that
 * text doesn't describe yet. A folder that can't be described has no line: it
 * never counts as gone. */
void place_describe(const char *path, struct buffer *text);

/* text has lines of place_describe, and others. True if one of its folders is
 * gone, while the folders above it are unchanged. */
bool place_is_gone(const char *text);
