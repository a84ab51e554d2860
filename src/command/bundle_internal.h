/*
 * bundle - config.json of a bundle: read it, put another in its place for as
 * long as the runtime reads it, and put it back, whatever happens in between.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>

struct bundle {
	char *path;   /* absolute folder        */
	char *config; /* path of its config.json */
	char *saved;  /* where the original is while swapped, else NULL */
	char *mark;   /* what only a copy of the other bytes has in it  */
	bool altered; /* somebody rewrote it while it was swapped       */
	struct buffer rewritten; /* the bytes then; empty where unreadable */
	int lock; /* nobody else is at work on the bundle; or -1 */
};

/* folder may be relative, NULL is "."; config: another file than the folder's
 * config.json (crun --config), relative to the working folder, or NULL.
 * Restores what a killed command left. */
MUST_CHECK int bundle_open(const char *folder, const char *config,
			   struct bundle *ret, struct err *e);
void bundle_clear(struct bundle *bundle);

MUST_CHECK int bundle_read(const struct bundle *bundle, struct buffer *out,
			   struct err *e);

/* Exchange config.json for other bytes, which have mark in them, atomically. */
MUST_CHECK int bundle_swap(struct bundle *bundle, const struct buffer *bytes,
			   const char *mark, struct err *e);

/* Let others work on the bundle: after the last bundle_restore. */
void bundle_unlock(struct bundle *bundle);

/* The original again, unless somebody replaced what bundle_swap put there by
 * something of their own: that stays. What they only altered, as wrappers of
 * runtimes do, gives way. Fine when nothing is swapped. */
MUST_CHECK int bundle_restore(struct bundle *bundle, struct err *e);
