/*
 * inherit - attributes that the children of a process inherit, and so the
 * container that a runtime starts, or enters.
 */
#pragma once

#include "err.h"

/* Memory that was mapped without PROT_EXEC never becomes executable
 * (PR_SET_MDWE of prctl(2), Linux 6.3). */
MUST_CHECK int inherit_memory_deny(struct err *e);

/* Interpreters that support it ask the kernel before they run a script
 * (SECBIT_EXEC_RESTRICT_FILE, userspace-api/check_exec of the kernel's
 * documentation, Linux 6.14); the setting is locked. Does nothing if the kernel
 * lacks it. A new user namespace resets it. */
void inherit_restrict_files(void);
