/*
 * spare - what runmoor keeps of what may run is no container's to write.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "spec.h"

/*
 * Refuse a container that could write there: one that writes manifests chooses
 * what may run, in all containers. CAP_SYS_ADMIN makes a read-only mount
 * writable. Of a folder above them nothing is said: who writes there has the
 * host.
 */
MUST_CHECK int spare_seals(const struct spec *spec,
			   const struct container *container, struct err *e);
