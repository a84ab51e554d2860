/*
 * hook - runmoor as an OCI hook, which its first argument names: before the
 * container exists (precreate), before its first program (memfd), after its
 * end (poststop). Source: config.md "POSIX-platform Hooks" of the OCI runtime
 * specification.
 */
#pragma once

#include <stdbool.h>

/* Run as the hook that argv[0] names, and write its error to stderr; false if
 * it names none. */
bool hook_run(int argc, char *const argv[], int *ret_status);
