/*
 * err - a failure as a value on the caller's stack.
 *
 * Functions return 0 or -1 and fill an err on -1. Callers wrap it on the way
 * up, outermost context first; the caller that handles it reports it once.
 */
#pragma once

#include "attr.h"

#include <stdbool.h>

struct err {
	int code;	/* errno value; 0 while nothing has failed       */
	char text[512]; /* outermost context first: "a: b: c", cut to fit */
};

/* Set e to "text: strerror(code)", or to text alone where code is 0 (the err
 * then carries EINVAL). Always -1. e may be NULL. */
int err_set(struct err *e, int code, const char *format, ...) PRINTF(3, 4);

/* Put "text: " in front of what e says. Always -1. */
int err_wrap(struct err *e, const char *format, ...) PRINTF(2, 3);
