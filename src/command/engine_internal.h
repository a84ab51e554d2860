/*
 * engine - the names that people know a container by, where the engine put
 * them in no annotation: podman and CRI-O keep them in containers.json of
 * their storage, docker in config.v2.json of the container's folder. For
 * events, and to choose a policy; what isn't found is left out.
 */
#pragma once

#include "container.h"
#include "spec.h"

/* Sets container->name, image and engine_named, from container->bundle and
 * id. */
void engine_names(const struct spec *spec, struct container *container);
