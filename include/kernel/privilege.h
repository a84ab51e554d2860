/*
 * privilege - the part of root's capabilities that the supervisor keeps.
 * Source: capabilities(7), prctl(2).
 */
#pragma once

#include "err.h"

#include <stdbool.h>

/* True if we aren't root, or root of a user namespace only: runc decides it in
 * the same way. */
bool privilege_rootless(void);

/* Keep only the capabilities that the supervisor uses, set no_new_privs, and be
 * no longer dumpable. Capabilities that this process never had are no error. */
MUST_CHECK int privilege_drop(struct err *e);
