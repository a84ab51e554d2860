/*
 * volume - what of a bind is sealed, and what its mount counts as. Pure.
 * "Read-only" is a property of a mount, not of what lies behind it: what this
 * container, or another one, writes by another way must not become part of a
 * seal at the next create.
 */
#pragma once

#include "config.h"

#include <stdbool.h>

/* The facts of a bind's source. */
struct volume_facts {
	bool read_only; /* it is mounted so */
	/* It holds an engine's storage or the container's own root, or is a
	 * part of either. */
	bool storage;
	bool own;   /* this container writes there by another mount */
	bool holes; /* ... to a part of it, which is left out */
	/* Some container writes to it, or did, or can change the mount. */
	bool written;
	bool untold;  /* it shows other places that can't be told */
	bool managed; /* only the engine writes it */
	/* The seal that is kept is of another file or folder than is there now,
	 * and a container could have put that there. */
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
	/* A first seal that is of another source gives way to one of this. */
	bool replaces;
	/* Its mount counts as one that the container can write to. */
	bool writable;
	bool follows; /* policy: its updates count before the next create */
	/* Why it isn't treated as the read-only mount that it is: for the
	 * operator; NULL: it is. */
	const char *why;
	/* Why a seal counts that is of another source; NULL: none does. */
	const char *outlasts;
};

void volume_decide(const struct config *config,
		   const struct volume_facts *facts, struct volume_plan *ret);
