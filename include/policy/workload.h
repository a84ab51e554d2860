/*
 * workload - the names that people know a container by, as events have them and
 * policies match them.
 */
#pragma once

#include "json.h"

#include <stdbool.h>

/* Borrowed strings; NULL if the engine gave none. */
struct workload {
	const char *image;
	const char *namespace; /* of its pod */
	const char *pod;
	const char *container;
	const char *runtime; /* the real one, without its folder */
	const struct json *annotations;
};

/* The engine whose annotations have a container's names. Each engine passes on
 * any value that pods, users or images set under another engine's keys. */
enum naming {
	NAMING_CONTAINERD, /* containerd's CRI plugin, or an unknown engine */
	NAMING_CRIO,
	NAMING_ENGINE, /* none: podman's and docker's own records count */
};

/* The places to find the names in. Borrowed. */
struct workload_source {
	const struct json *annotations; /* of the specification, or NULL */
	const char *name;		/* as the engine keeps it, or NULL */
	const char *image;
	enum naming naming;
	const char *runtime; /* path of the real one */
};

/* The value of the first of keys (NULL: the end) that exists and that this
 * engine writes itself; NULL: none. */
const char *workload_annotation(const struct json *annotations,
				enum naming naming, const char *const keys[]);

void workload_find(const struct workload_source *source, struct workload *ret);
