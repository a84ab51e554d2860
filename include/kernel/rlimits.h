/*
 * rlimits - what a process takes over from whoever started it, and must not
 * suffer from: resource limits (getrlimit(2)), signals that are ignored,
 * scheduling. An engine's caller can have any of these: a batch system, a
 * hardened login, a shell with ulimit. What the caller handed down is still
 * what the runtime, and with it the container, gets.
 */
#pragma once

#include "err.h"

/* For work of this process's own: limits up to where the kernel lets them be,
 * no signal where a file grows beyond one (write(2) says EFBIG), and children
 * that can be waited for. */
void rlimits_raise(void);

/* All as it was before rlimits_raise, for the program that is executed next.
 * Nothing where nothing was raised. */
void rlimits_give_back(void);

/* Whether a supervisor can live with what rlimits_raise achieved. EPERM: names
 * the limit, its value and what is needed. */
MUST_CHECK int rlimits_check(struct err *e);

/* In the child that becomes a supervisor, on top of rlimits_raise: what isn't a
 * limit. The affinity to CPUs stays, since it is where the operator wants an
 * engine and its helpers to run; so does whatever can't be changed. */
void rlimits_settle(void);
