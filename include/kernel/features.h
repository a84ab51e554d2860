/*
 * features - the kernel's features that runmoor needs, each tried out rather
 * than guessed from the version.
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

/* ENOSYS or EPERM if a feature is missing: the error names it, and the version
 * of the kernel that has it or the setting that forbids it. */
MUST_CHECK int features_check(struct err *e);

struct feature {
	const char *name; /* with its version of Linux, or its setting */
	bool required;
	bool present;
	const char *policy; /* the key that it is for; NULL: required */
};

/* Iterate over the features; false beyond the last. */
bool features_at(size_t index, struct feature *ret);

/* /proc/PID/map_files can be followed, which needs capabilities of the host:
 * rootless it can't. */
bool features_map_files(void);

/* The device and inode that /proc/PID/maps shows for a mapping of this file
 * are those of its stat, and so name it: not on an overlay whose layers lie
 * on different file systems, nor on btrfs, nor for overlays of older
 * kernels. */
bool features_numbers_agree(int fd);
