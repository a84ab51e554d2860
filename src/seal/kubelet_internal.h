/*
 * kubelet - volumes of a pod that only the kubelet writes.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "location.h"

/* A pod's folder, and the kubelet's, as paths of the volume's file system; "/":
 * all of that. Both NULL: others than the kubelet may write the volume. */
struct kubelet_folders {
	char *pod;
	char *kubelet;
};

/* The folders of the volume at that place, if it is one of this very pod. */
MUST_CHECK int kubelet_find(const struct container *container,
			    const struct mounts *mounts,
			    const struct location *at,
			    struct kubelet_folders *ret, struct err *e);
void kubelet_clear(struct kubelet_folders *folders);
