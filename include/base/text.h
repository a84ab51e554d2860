/*
 * text - text made from a format, in memory of its own.
 */
#pragma once

#include "attr.h"

/* Text made as by printf(3), malloc'ed, for the caller to free. NULL with errno
 * on failure, where asprintf(3) leaves its pointer undefined. */
MUST_CHECK char *text_format(const char *format, ...) PRINTF(1, 2);
