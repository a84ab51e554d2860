/*
 * text - text made from a format, in memory of its own.
 */
#pragma once

#include "attr.h"

/* As printf(3), malloc'ed; the caller owns it. NULL with errno where it can't
 * be made; asprintf(3) leaves its pointer undefined then. */
MUST_CHECK char *text_format(const char *format, ...) PRINTF(1, 2);
