/* json_internal - the memory layout of a json value; private to json*.c. */
#pragma once

#include "json.h"

struct json {
	enum json_type type;
	bool truth;
	char *text; /* string or number; NUL-terminated, the NUL not counted */
	size_t len;
	struct json_member *members; /* of an array too, with no keys */
	size_t count;
	size_t cap;
};

struct json_member {
	char *key; /* without embedded NULs; NULL in an array */
	struct json *value;
};

struct json *json_new(enum json_type type);
/* A string or number with a copy of text. */
struct json *json_new_text(enum json_type type, const char *text, size_t len);
/* Put take_value at index; takes both in any case. -1: out of memory, or one
 * of them is missing. */
MUST_CHECK int json_put(struct json *container, size_t index, char *take_key,
			struct json *take_value);
