/*
 * writers_line - a place that is written, as a line of text: boot, numbers,
 * names whose odd bytes are escaped. Private to writers*.c, and to seals.c,
 * which keeps the place of a volume's source so.
 */
#pragma once

#include "buffer.h"
#include "location.h"

enum { BOOT_LEN = 36 };

struct writer {
	struct location at;
	bool this_boot; /* the device's number is known */
};

/* This boot's own name, of the kernel. */
void writer_boot(char ret[BOOT_LEN + 1]);

void writer_write(const char *boot, const struct location *at,
		  struct buffer *out);

/* Takes line apart. False where it is none; ret is the caller's to clear in
 * any case. */
bool writer_read(char *line, const char *boot, struct writer *ret);
