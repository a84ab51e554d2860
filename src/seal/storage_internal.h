/*
 * storage - recognizes an engine's own places: the storage of layers, which
 * containers write to, and the kubelet's volumes that only it writes.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "location.h"

#include <stdbool.h>

struct storage;

/* Find storage by the names that engines use for it, by the place of this
 * container's own layers, and by the mounts of other containers. */
MUST_CHECK int storage_find(const struct container *container,
			    const struct mounts *mounts, struct storage **ret,
			    struct err *e);
void storage_owned(struct storage **storage);

/* True if at contains layers of an engine, or the container's own root, or is a
 * part of one of these. */
bool storage_reaches(const struct storage *storage, const struct location *at);

/* The place that the container itself writes in its root, to be recorded if it
 * is no engine's. NULL: there is nothing to record. Borrowed. */
const struct location *storage_own(const struct storage *storage);

/* The length of the pod's folder in the path of a volume that only the kubelet
 * writes: a ConfigMap, a secret, a projected volume (the service account's
 * token is one), the downward API. 0: it is none. pod: its uid, or NULL. */
size_t storage_managed(const char *path, const char *pod);
