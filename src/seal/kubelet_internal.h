/*
 * kubelet - volumes of a pod that only the kubelet writes.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "volumes_internal.h"

/* Where it is one of this very pod, sets volume's kubelet_folder and
 * pod_folder. */
MUST_CHECK int kubelet_find(const struct container *container,
			    const struct mounts *mounts, struct volume *volume,
			    struct err *e);
