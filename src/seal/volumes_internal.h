/*
 * volumes - finds the binds of a specification, and decides what is to be done
 * with each.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "spec.h"
#include "volumes_list_internal.h"
#include "writers_internal.h"

/* Find the binds whose source is a file or a folder. The recorded writers
 * aren't looked up yet. */
MUST_CHECK int volumes_find(const struct spec *spec,
			    const struct container *container,
			    struct volumes *ret, struct err *e);
void volumes_clear(struct volumes *volumes);

/* Look up the recorded writers, and decide the plan. The caller sets
 * facts.another. */
void volumes_plan(const struct writers *writers, const struct config *config,
		  struct volume *volume);
