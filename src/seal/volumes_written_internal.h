/*
 * volumes_written - the places that a container writes, or can, and how its
 * volumes lie to them: which parts of a read-only volume are written all the
 * same, and which are runmoor's own. Private to volumes.c.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "spec.h"
#include "volumes_list_internal.h"

/* Set volumes->written, by its binds and the overlays that it is given; and of
 * each volume the mounts below it that are writable. */
MUST_CHECK int volumes_written_find(const struct spec *spec,
				    const struct container *container,
				    struct volumes *volumes, struct err *e);

/* Set how a read-only volume lies to what this container writes: facts.own, and
 * its holes. */
MUST_CHECK int volumes_written_compare(const struct volumes *volumes,
				       struct volume *volume, struct err *e);

/* Leave runmoor's own places out of a volume: they hold what it sealed, and
 * copies of drift. */
MUST_CHECK int volumes_written_spare(const struct container *container,
				     const struct volumes *volumes,
				     struct volume *volume, struct err *e);

/* Add what is to be recorded for others: where the container writes in its
 * root (own, or NULL), and what it can mount anew. */
MUST_CHECK int volumes_written_add_reach(const struct spec *spec,
					 const struct location *own,
					 struct volumes *volumes,
					 struct err *e);
