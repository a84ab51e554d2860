/*
 * bundle - config.json of a bundle: read it, replace it until the runtime has
 * read it, and restore it, whatever happens in between.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>

struct bundle {
	char *path;   /* absolute folder        */
	char *config; /* path of its config.json */
	char *saved;  /* path of the original while swapped, else NULL */
	char *mark;   /* text that only the replacement's bytes have */
	bool altered; /* another process rewrote it while it was swapped */
	struct buffer rewritten; /* the bytes then; empty if unreadable */
	int lock;		 /* the bundle's lock, or -1 */
};

/* folder may be relative, NULL is "."; config: another file than the folder's
 * config.json (crun --config), relative to the working folder, or NULL.
 * Restores the original that a killed command left. */
MUST_CHECK int bundle_open(const char *folder, const char *config,
			   struct bundle *ret, struct err *e);
void bundle_clear(struct bundle *bundle);

MUST_CHECK int bundle_read(const struct bundle *bundle, struct buffer *out,
			   struct err *e);

/* Exchange config.json for other bytes, which have mark in them, atomically. */
MUST_CHECK int bundle_swap(struct bundle *bundle, const struct buffer *bytes,
			   const char *mark, struct err *e);

/* Unlock the bundle for other commands, after the last bundle_restore. */
void bundle_unlock(struct bundle *bundle);

/* Restore the original, unless another process replaced the bytes of
 * bundle_swap by a file of its own: that stays. If it only altered them, as
 * wrappers of runtimes do, the original is restored. Succeeds when nothing is
 * swapped. */
MUST_CHECK int bundle_restore(struct bundle *bundle, struct err *e);
