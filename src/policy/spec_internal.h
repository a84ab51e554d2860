/*
 * spec_internal - declarations that spec.c shares with spec_shape.c,
 * spec_devices.c and spec_seccomp.c.
 */
#pragma once

#include "spec.h"

struct spec {
	struct json *document; /* an object whose members spec_check passed */
	bool start_hooks;      /* it came with start hooks */
};

/* See spec_parse: every member that runmoor reads or edits comes once, is
 * spelled exactly so and has its type (null counts as absent). */
MUST_CHECK int spec_check(const struct json *document, struct err *e);

/* See spec_protect: make linux.seccomp notify the calls that protection needs.
 * Unchanged on failure, unless that is ENOMEM. */
MUST_CHECK int spec_gate(struct json *seccomp,
			 const struct spec_protection *protection,
			 struct err *e);

/* The object or array under key of parent, made if there is none. NULL when out
 * of memory. */
struct json *spec_member(struct json *parent, const char *key,
			 enum json_type type);

/* A string member; NULL if it is absent, empty or of another type: Go, which
 * most runtimes are written in, doesn't distinguish an absent one from "". */
const char *spec_text(const struct json *object, const char *key);
