/*
 * privilege - what the supervisor keeps of root. Source: capabilities(7),
 * prctl(2).
 */
#pragma once

#include "err.h"

#include <stdbool.h>

/* Not root, or root of a user namespace only: as runc decides it. */
bool privilege_rootless(void);

/*
 * Keep only the capabilities the supervisor uses, take on no new privileges
 * by exec, and be no longer dumpable. Capabilities that this process never
 * had are no error.
 */
MUST_CHECK int privilege_drop(struct err *e);
