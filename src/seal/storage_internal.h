/*
 * storage - which places are an engine's own: where it keeps layers, that
 * containers write to, and where the kubelet keeps what only itself writes.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "location.h"

#include <stdbool.h>

struct storage;

/* Found by the names that engines have for it, by where this container's own
 * layers lie, and by the mounts of others'. */
MUST_CHECK int storage_find(const struct container *container,
			    const struct mounts *mounts, struct storage **ret,
			    struct err *e);
void storage_owned(struct storage **storage);

/* at holds layers of an engine, or the container's own root, or is a part of
 * one of these. */
bool storage_reaches(const struct storage *storage, const struct location *at);

/* Where the container itself writes in its root: to be recorded, where it is
 * no engine's. NULL: there is nothing to record. Borrowed. */
const struct location *storage_own(const struct storage *storage);

/* A volume that the kubelet alone writes: a ConfigMap, a secret, a projected
 * volume (the service account's token is one), the downward API. In the path
 * the folder of the pod is that long; 0: it is none. pod: its uid, or NULL. */
size_t storage_managed(const char *path, const char *pod);
