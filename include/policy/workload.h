/*
 * workload - the names that people know a container by, as events tell them
 * and policies match them.
 */
#pragma once

#include "json.h"

#include <stdbool.h>

/* Borrowed strings; NULL where nobody told. */
struct workload {
	const char *image;
	const char *namespace; /* of its pod */
	const char *pod;
	const char *container;
	const char *runtime; /* the real one, without its folder */
	const struct json *annotations;
};

/* What there is to find the names in. Borrowed. */
struct workload_source {
	const struct json *annotations; /* of the specification, or NULL */
	const char *name;		/* as the engine keeps it, or NULL */
	const char *image;
	/* The engine keeps names beside the container and isn't Kubernetes':
	 * annotations that look so are the image's or its user's words. */
	bool engine_named;
	const char *runtime; /* path of the real one */
};

void workload_find(const struct workload_source *source, struct workload *ret);
