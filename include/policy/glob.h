/*
 * glob - patterns for paths and names, as configurations write them. Bytes are
 * compared with bytes, in no locale:
 *
 *   ?      one byte that is no slash
 *   *      any bytes, also none, that are no slashes
 *   **     any bytes, also none, slashes among them; where it stands between
 *          two slashes, also one slash alone: below /opt by any
 *          number of folders
 *   [a-c]  one of these bytes, never a slash; [!a-c] and [^a-c] one of the
 *          others; [[:digit:]] and the other classes of POSIX
 *   \x     the byte x itself
 *
 * Without ** the result is that of fnmatch(3) with FNM_PATHNAME. A match takes
 * at most (length of the glob) × (length of the text) steps, whatever both are,
 * and no memory but the stack's.
 */
#pragma once

#include "err.h"

#include <stdbool.h>

enum { GLOB_MAX = 1024 }; /* bytes of a glob */

/* Refuse a malformed glob: longer than GLOB_MAX, a bracket that isn't closed,
 * is empty by a range from z to a or holds a slash, a lone backslash at the
 * end. Errors begin with place. */
MUST_CHECK int glob_check(const char *glob, const char *place, struct err *e);

/* True if the glob matches the whole text. A malformed glob matches nothing. */
bool glob_matches(const char *glob, const char *text);
