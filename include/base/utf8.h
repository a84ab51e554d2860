/*
 * utf8 - tells text (RFC 3629) from bytes that have to be escaped before people
 * or their terminals see them.
 */
#pragma once

#include "buffer.h"

#include <stddef.h>

/* Bytes of the character that starts at bytes: 1 to 4, and 0 where they are
 * not UTF-8 (overlong, a surrogate, above U+10FFFF, cut off) or len is 0. */
size_t utf8_length(const char *bytes, size_t len);

/* Append bytes as text on one line: control characters (C0, DEL, C1) and bytes
 * that aren't UTF-8 become \xNN, one for each byte. */
void utf8_escape(const char *bytes, size_t len, struct buffer *out);
