/*
 * seal_binfmt - interpreters of the host's binfmt_misc, sealed for the
 * containers whose policy says so.
 */
#pragma once

#include "container.h"
#include "err.h"

/*
 * Set container->binfmt, where the host has any and policy
 * seals them. Each entry of that manifest is an interpreter: its path is the
 * one that it was registered by, its "interpreter" the flags.
 */
MUST_CHECK int seal_binfmt(struct container *container, struct err *e);
