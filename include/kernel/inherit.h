/*
 * inherit - attributes of a process that its children have too, and so the
 * container that a runtime starts, or enters, for it.
 */
#pragma once

#include "err.h"

/* Memory that was mapped without PROT_EXEC never becomes executable
 * (PR_SET_MDWE of prctl(2), Linux 6.3). */
MUST_CHECK int inherit_memory_deny(struct err *e);

/*
 * Interpreters that know of it ask the kernel before they run a script
 * (SECBIT_EXEC_RESTRICT_FILE, userspace-api/check_exec of the kernel's
 * documentation, Linux 6.14), and can't be told otherwise. Nothing happens
 * where the kernel has no such thing. A new user namespace forgets it.
 */
void inherit_restrict_files(void);
