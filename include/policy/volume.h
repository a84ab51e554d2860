/*
 * volume - decides how a bind is sealed, and whether its mount counts as
 * writable. Pure. "Read-only" is a property of a mount, not of its source:
 * files that this container, or another one, writes through another mount must
 * not become part of a seal at the next create.
 */
#pragma once

#include "config.h"

#include <stdbool.h>

/* The facts of a bind's source. */
struct volume_facts {
	bool read_only; /* it is mounted read-only */
	/* It holds an engine's storage or the container's own root, or is a
	 * part of either. */
	bool storage;
	bool own;   /* this container writes there through another mount */
	bool holes; /* this container writes to a part, which is left out */
	/* Some container writes to it, or did, or can change the mount. */
	bool written;
	bool untold;  /* it shows places that can't be found out */
	bool managed; /* only the engine writes it */
	/* The kept seal belongs to another file or folder than the present one,
	 * and a container could have put the present one there. */
	bool another;
	bool replaceable;
};

/* Zero seals nothing. */
enum volume_seal {
	VOLUME_SEAL_NONE,
	VOLUME_SEAL_ANEW,  /* at each create */
	VOLUME_SEAL_FIRST, /* as it was at the workload's first create */
};

struct volume_plan {
	enum volume_seal seal;
	/* A first seal of another source is replaced by one of this source. */
	bool replaces;
	/* The mount counts as one that the container can write to. */
	bool writable;
	bool follows; /* policy: its updates count before the next create */
	/* The reason, for the operator, why a read-only mount isn't treated as
	 * one; NULL: it is. */
	const char *why;
	/* The reason why a seal of another source counts; NULL: none does. */
	const char *outlasts;
};

void volume_decide(const struct config *config,
		   const struct volume_facts *facts, struct volume_plan *ret);
