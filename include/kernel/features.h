/*
 * features - what runmoor needs of the kernel, asked for rather than guessed
 * from its version.
 */
#pragma once

#include "err.h"

/* ENOSYS or EPERM where something is missing: names it, and the version of
 * the kernel that has it or the setting that forbids it. */
MUST_CHECK int features_check(struct err *e);
