/*
 * json - a JSON document as a tree (RFC 8259). The only module that knows
 * yajl; it uses the streaming parser, because yajl's own tree overflows the
 * stack on deep input and drops all but the first of duplicate keys.
 *
 * Nothing is lost between json_parse and json_write: members keep their order
 * and their duplicates, numbers keep their text, strings keep embedded NULs.
 * Input that JSON parsers are known to read differently is refused: bytes that
 * are not UTF-8, half a surrogate pair, a NUL in a member's name.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	JSON_DEPTH_MAX = 64,
	JSON_SIZE_MAX = 16 * 1024 * 1024, /* bytes of a document  */
	JSON_VALUES_MAX = 1024 * 1024,	  /* about 100 bytes each */
};

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json;

/* EINVAL with line and column (in bytes, from 1) if the bytes aren't JSON,
 * E2BIG for deeper than JSON_DEPTH_MAX, larger than JSON_SIZE_MAX or more than
 * JSON_VALUES_MAX. ret is the caller's. */
MUST_CHECK int json_parse(const char *bytes, size_t len, struct json **ret,
			  struct err *e);
void json_free(struct json *value); /* NULL is fine */
void json_owned(struct json **value);

/* Append value to out, on one line when not pretty. Strings with bytes that
 * are not UTF-8 are written with \\xNN (a backslash in the text) for them. */
void json_write(const struct json *value, bool pretty, struct buffer *out);

enum json_type json_type(const struct json *value); /* NULL: JSON_NULL */
const char *json_type_name(enum json_type type);    /* "a string", … */

/* Objects and arrays. json_get: the first member of exactly that name, NULL
 * where there is none or object is no object. */
struct json *json_get(const struct json *object, const char *key);
size_t json_count(const struct json *container); /* members, 0 for others */
struct json *json_at(const struct json *container, size_t index);
const char *json_key_at(const struct json *object, size_t index);

/* Members whose name equals key when case is ignored as Go's encoding/json
 * does (which also takes U+017F for an s and U+212A for a k): more than one,
 * or one that isn't spelled so, is what Go and C parsers read differently. */
size_t json_count_like(const struct json *object, const char *key);

/* Scalars; false where value is of another type (the result stays). A string
 * with an embedded NUL isn't returned. Text is borrowed from value. */
bool json_string(const struct json *value, const char **ret_text);
bool json_bool(const struct json *value, bool *ret);
bool json_uint(const struct json *value, uint64_t *ret);
bool json_int(const struct json *value, int64_t *ret);

/* Constructors of values: NULL when out of memory. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *text);
struct json *json_new_bytes(const char *bytes, size_t len);
struct json *json_new_int(int64_t number);
struct json *json_new_uint(uint64_t number);
struct json *json_new_bool(bool truth);
struct json *json_clone(const struct json *value);

/* Put take_value under key, replacing the first member of that name, else at
 * the end. Takes take_value in any case; a NULL one (out of memory) makes the
 * call fail. json_insert puts it before index instead. */
MUST_CHECK int json_set(struct json *object, const char *key,
			struct json *take_value);
MUST_CHECK int json_append(struct json *array, struct json *take_value);
MUST_CHECK int json_insert(struct json *array, size_t index,
			   struct json *take_value);
void json_remove_at(struct json *container, size_t index);

/* Values are equal: same members in whatever order, numbers by text. */
bool json_equal(const struct json *a, const struct json *b);
