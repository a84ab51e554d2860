/*
 * rlimits - inherited attributes that must not harm our own work: resource
 * limits (getrlimit(2)), ignored signals, scheduling. An engine's caller can
 * have any of these: a batch system, a hardened login, a shell with ulimit. The
 * runtime, and with it the container, still gets the caller's own values.
 */
#pragma once

#include "err.h"

/* Prepare this process's own work: limits as high as the kernel permits, no
 * signal when a file grows beyond one (write(2) fails with EFBIG), and children
 * that can be waited for. */
void rlimits_raise(void);

/* Restore the state before rlimits_raise, for the program that is executed
 * next. Does nothing if nothing was raised. */
void rlimits_give_back(void);

/* Check that the limits after rlimits_raise are enough for a supervisor. EPERM:
 * the error names the limit, its value and the value that is needed. */
MUST_CHECK int rlimits_check(struct err *e);

/* Reset the attributes that aren't limits, in the child that becomes a
 * supervisor, after rlimits_raise. The CPU affinity stays, since the operator
 * chose it for an engine and its helpers; so do attributes that can't be
 * changed. */
void rlimits_settle(void);
