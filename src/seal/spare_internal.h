/* spare - refuses containers that could write runmoor's seals and records. */
#pragma once

#include "container.h"
#include "err.h"
#include "spec.h"

/* Refuse a container that could write there: one that writes manifests chooses
 * what may run, in all containers. CAP_SYS_ADMIN makes a read-only mount
 * writable. Folders above aren't checked: a container that writes there
 * controls the host anyway. */
MUST_CHECK int spare_seals(const struct spec *spec,
			   const struct container *container, struct err *e);
