/*
 * cgroups - checks whether a container's processes can leave the cgroups that
 * it began in: then these don't show which container a process belongs to.
 */
#pragma once

#include "container.h"
#include "spec.h"

/* True if it is given the host's cgroups writable, or a capability to mount
 * them. */
bool cgroups_can_be_left(const struct spec *spec,
			 const struct container *container);
