/*
 * engine - the names that people know a container by, if the engine put them in
 * no annotation: podman and CRI-O keep them in containers.json of their
 * storage, docker in config.v2.json of the container's folder. They are for
 * events, and to choose a policy; names that aren't found are left out.
 */
#pragma once

#include "container.h"
#include "spec.h"

/* Sets container->name, image and engine_named, from container->bundle and
 * id. */
void engine_names(const struct spec *spec, struct container *container);
