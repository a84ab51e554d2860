/*
 * writers_line - a written place as a line of text: boot, numbers, names with
 * escaped bytes. Private to writers*.c, and to seals.c, which stores the place
 * of a volume's source in this form.
 */
#pragma once

#include "buffer.h"
#include "location.h"

enum { BOOT_LEN = 36 };

struct writer {
	struct location at;
	bool this_boot; /* the device's number is known */
};

/* The kernel's id of this boot. */
void writer_boot(char ret[BOOT_LEN + 1]);

void writer_write(const char *boot, const struct location *at,
		  struct buffer *out);

/* Parse line, which is modified. False if it isn't one; the caller clears ret
 * in any case. */
bool writer_read(char *line, const char *boot, struct writer *ret);
