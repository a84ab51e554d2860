/*
 * places - a list of places (location.h) that grows. It and its places are the
 * caller's.
 */
#pragma once

#include "err.h"
#include "location.h"

#include <stddef.h>

/* Append a copy of place. On failure the list is as it was. */
MUST_CHECK int places_add(struct location **list, size_t *count,
			  const struct location *place, struct err *e);

void places_free(struct location *list, size_t count);
