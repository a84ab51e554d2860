/*
 * loop - the image files that a block device's content lies in: of a loop
 * device, of one of its partitions, or of what device mapper or md make of
 * them. Source: Documentation/ABI/testing/sysfs-block-loop, sysfs(5).
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Call found with the path of each image file, as it is now; removed: it has
 * no name any more, and path is its last one. device: major << 32 | minor, as
 * mountinfo has it. -1 where found failed.
 */
MUST_CHECK int loop_images(uint64_t device,
			   int (*found)(void *context, const char *path,
					bool removed, struct err *e),
			   void *context, struct err *e);
