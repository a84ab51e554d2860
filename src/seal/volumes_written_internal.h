/*
 * volumes_written - the places that a container writes, or can write, and their
 * relation to its volumes: the parts of a read-only volume that are written all
 * the same, and those that are runmoor's own. Private to volumes.c.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "spec.h"
#include "volumes_list_internal.h"

/* Set volumes->written, from the container's binds and the overlays that it is
 * given; and for each volume the mounts below it. */
MUST_CHECK int volumes_written_find(const struct spec *spec,
				    const struct container *container,
				    struct volumes *volumes, struct err *e);

/* Compare a read-only volume with the places that this container writes: sets
 * facts.own, and the holes. */
MUST_CHECK int volumes_written_compare(const struct volumes *volumes,
				       struct volume *volume, struct err *e);

/* Leave runmoor's own places out of a volume: they hold seals, and copies of
 * drift. */
MUST_CHECK int volumes_written_spare(const struct container *container,
				     const struct volumes *volumes,
				     struct volume *volume, struct err *e);

/* Add the places that are only recorded, for the seals of other containers: the
 * one that the container writes in its root (own, or NULL), and those that it
 * can mount anew. */
MUST_CHECK int volumes_written_add_reach(const struct spec *spec,
					 const struct location *own,
					 struct volumes *volumes,
					 struct err *e);
