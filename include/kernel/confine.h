/*
 * confine - the supervisor's own seccomp filter: the system calls that it
 * makes, and no others. Source: seccomp(2), seccomp_rule_add(3).
 *
 * The supervisor reads bytes that a container chose, as root. If it were made
 * to run foreign code, that code could start no program, open no socket, alter
 * no other process's memory and make no memory executable.
 */
#pragma once

#include "err.h"

/* Load the filter for this thread and all others of the process: every call
 * that isn't on the list fails with ENOSYS. Needs no_new_privs, or
 * CAP_SYS_ADMIN. */
MUST_CHECK int confine_supervisor(struct err *e);
