/*
 * seal - the manifest of a container's image: from the cache if the image is
 * sealed already, else it is made and published there.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "log.h"
#include "spec.h"

/*
 * container has id, bundle, rootfs and config; what the seal found is set in
 * it: manifests, devices, layers, and counts for the event. folder: the
 * container's own, for the manifest of its volumes.
 */
MUST_CHECK int seal_container(const struct spec *spec, const char *folder,
			      const struct log *log,
			      struct container *container, struct err *e);

/* The part for read-only (and, if policy says so, writable) binds: their
 * executables are added to the manifests by content. */
MUST_CHECK int seal_volumes(const struct spec *spec, const char *folder,
			    const struct log *log, struct container *container,
			    struct err *e);
