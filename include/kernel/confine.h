/*
 * confine - the supervisor's own seccomp filter: the system calls that it
 * makes, and no others. Source: seccomp(2), seccomp_rule_add(3).
 *
 * It reads what a container chose, as root. Were it made to run somebody
 * else's code, that code starts no program, opens no socket, alters no other
 * process's memory and makes no memory executable.
 */
#pragma once

#include "err.h"

/*
 * For this thread and all others of the process, for good: whatever isn't on
 * the list fails with ENOSYS. Needs no_new_privs, or CAP_SYS_ADMIN.
 */
MUST_CHECK int confine_supervisor(struct err *e);
