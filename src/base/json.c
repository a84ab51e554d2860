#include "json_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct json *json_new(enum json_type type)
{
	struct json *value = calloc(1, sizeof(*value));

	if (value)
		value->type = type;
	return value;
}

struct json *json_new_text(enum json_type type, const char *text, size_t len)
{
	OWNED(json_owned) struct json *value = json_new(type);

	if (!value)
		return NULL;
	value->text = malloc(len + 1);
	if (!value->text)
		return NULL;
	if (len)
		memcpy(value->text, text, len);
	value->text[len] = '\0';
	value->len = len;
	return PTR_MOVE(value);
}

void json_free(struct json *value)
{
	if (!value)
		return;
	for (size_t i = 0; i < value->count; i++) {
		free(value->members[i].key);
		json_free(value->members[i].value);
	}
	free(value->members);
	free(value->text);
	free(value);
}

void json_owned(struct json **value)
{
	json_free(*value);
	*value = NULL;
}

enum json_type json_type(const struct json *value)
{
	return value ? value->type : JSON_NULL;
}

const char *json_type_name(enum json_type type)
{
	switch (type) {
	case JSON_NULL:
		return "null";
	case JSON_BOOL:
		return "true or false";
	case JSON_NUMBER:
		return "a number";
	case JSON_STRING:
		return "a string";
	case JSON_ARRAY:
		return "an array";
	case JSON_OBJECT:
		return "an object";
	}
	return "unknown";
}

static bool find(const struct json *object, const char *key, size_t *ret)
{
	if (json_type(object) != JSON_OBJECT)
		return false;
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->members[i].key, key) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

struct json *json_get(const struct json *object, const char *key)
{
	size_t index;

	return find(object, key, &index) ? object->members[index].value : NULL;
}

size_t json_count(const struct json *container)
{
	return container ? container->count : 0;
}

struct json *json_at(const struct json *container, size_t index)
{
	if (index >= json_count(container))
		return NULL;
	return container->members[index].value;
}

const char *json_key_at(const struct json *object, size_t index)
{
	if (index >= json_count(object))
		return NULL;
	return object->members[index].key;
}

/* The next character of *at as Go's encoding/json folds it against ASCII:
 * U+017F is an s to it and U+212A (the Kelvin sign) a k. */
static int fold_next(const char **at)
{
	static const struct {
		const char *bytes;
		int folded;
	} folds[] = {{"\xc5\xbf", 's'}, {"\xe2\x84\xaa", 'k'}};
	unsigned char c = (unsigned char)**at;

	for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
		size_t len = strlen(folds[i].bytes);

		if (strncmp(*at, folds[i].bytes, len) == 0) {
			*at += len;
			return folds[i].folded;
		}
	}
	(*at)++;
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool alike(const char *a, const char *b)
{
	while (*a && *b) {
		if (fold_next(&a) != fold_next(&b))
			return false;
	}
	return !*a && !*b;
}

size_t json_count_like(const struct json *object, const char *key)
{
	size_t count = 0;

	if (json_type(object) != JSON_OBJECT)
		return 0;
	for (size_t i = 0; i < object->count; i++)
		count += alike(object->members[i].key, key);
	return count;
}

bool json_string(const struct json *value, const char **ret_text)
{
	if (json_type(value) != JSON_STRING ||
	    memchr(value->text, '\0', value->len))
		return false;
	*ret_text = value->text;
	return true;
}

bool json_bool(const struct json *value, bool *ret)
{
	if (json_type(value) != JSON_BOOL)
		return false;
	*ret = value->truth;
	return true;
}

/* Numbers with a fraction or an exponent are no integers, as in Go. */
static bool is_integer(const struct json *value, bool negative_too)
{
	const char *digits;

	if (json_type(value) != JSON_NUMBER)
		return false;
	digits = value->text + (negative_too && *value->text == '-');
	return *digits && !digits[strspn(digits, "0123456789")];
}

bool json_uint(const struct json *value, uint64_t *ret)
{
	uintmax_t number;

	if (!is_integer(value, false))
		return false;
	errno = 0;
	number = strtoumax(value->text, NULL, 10);
	if (errno)
		return false;
	*ret = number;
	return true;
}

bool json_int(const struct json *value, int64_t *ret)
{
	intmax_t number;

	if (!is_integer(value, true))
		return false;
	errno = 0;
	number = strtoimax(value->text, NULL, 10);
	if (errno)
		return false;
	*ret = number;
	return true;
}

struct json *json_new_object(void)
{
	return json_new(JSON_OBJECT);
}

struct json *json_new_array(void)
{
	return json_new(JSON_ARRAY);
}

struct json *json_new_string(const char *text)
{
	return json_new_text(JSON_STRING, text, strlen(text));
}

struct json *json_new_bytes(const char *bytes, size_t len)
{
	return json_new_text(JSON_STRING, bytes, len);
}

struct json *json_new_int(int64_t number)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRId64, number);

	return json_new_text(JSON_NUMBER, text, (size_t)len);
}

struct json *json_new_uint(uint64_t number)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%" PRIu64, number);

	return json_new_text(JSON_NUMBER, text, (size_t)len);
}

struct json *json_new_bool(bool truth)
{
	struct json *value = json_new(JSON_BOOL);

	if (value)
		value->truth = truth;
	return value;
}

struct json *json_clone(const struct json *value)
{
	OWNED(json_owned) struct json *copy = NULL;

	if (!value)
		return NULL;
	if (value->text)
		copy = json_new_text(value->type, value->text, value->len);
	else
		copy = json_new(value->type);
	if (!copy)
		return NULL;
	copy->truth = value->truth;
	for (size_t i = 0; i < value->count; i++) {
		const struct json_member *member = &value->members[i];
		char *key = member->key ? strdup(member->key) : NULL;

		if (json_put(copy, i, key, json_clone(member->value)) < 0)
			return NULL;
	}
	return PTR_MOVE(copy);
}

static int reserve(struct json *container)
{
	size_t cap = container->cap ? 2 * container->cap : 4;
	struct json_member *members;

	if (container->count < container->cap)
		return 0;
	members = reallocarray(container->members, cap, sizeof(*members));
	if (!members)
		return -1;
	container->members = members;
	container->cap = cap;
	return 0;
}

int json_put(struct json *container, size_t index, char *take_key,
	     struct json *take_value)
{
	OWNED(json_owned) struct json *value = take_value;
	OWNED(free_owned) char *key = take_key;
	bool keyed = json_type(container) == JSON_OBJECT;
	struct json_member *slot;

	if (!value || keyed != !!key || index > json_count(container))
		return -1;
	if (!keyed && json_type(container) != JSON_ARRAY)
		return -1;
	if (reserve(container) < 0)
		return -1;
	slot = container->members + index;
	memmove(slot + 1, slot, (container->count - index) * sizeof(*slot));
	slot->key = PTR_MOVE(key);
	slot->value = PTR_MOVE(value);
	container->count++;
	return 0;
}

int json_set(struct json *object, const char *key, struct json *take_value)
{
	size_t index;

	if (!take_value || !find(object, key, &index))
		return json_put(object, json_count(object), strdup(key),
				take_value);
	json_free(object->members[index].value);
	object->members[index].value = take_value;
	return 0;
}

int json_append(struct json *array, struct json *take_value)
{
	return json_put(array, json_count(array), NULL, take_value);
}

int json_insert(struct json *array, size_t index, struct json *take_value)
{
	return json_put(array, index, NULL, take_value);
}

void json_remove_at(struct json *container, size_t index)
{
	struct json_member *slot;

	if (index >= json_count(container))
		return;
	slot = container->members + index;
	free(slot->key);
	json_free(slot->value);
	container->count--;
	memmove(slot, slot + 1, (container->count - index) * sizeof(*slot));
}

static bool elements_equal(const struct json *a, const struct json *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!json_equal(a->members[i].value, b->members[i].value))
			return false;
	}
	return true;
}

/* The nth member called key, so that duplicates are compared in order. */
static const struct json *nth(const struct json *object, const char *key,
			      size_t n)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->members[i].key, key) == 0 && n-- == 0)
			return object->members[i].value;
	}
	return NULL;
}

static bool members_equal(const struct json *a, const struct json *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const char *key = a->members[i].key;
		const struct json *other;
		size_t before = 0;

		for (size_t j = 0; j < i; j++)
			before += strcmp(a->members[j].key, key) == 0;
		other = nth(b, key, before);
		if (!other || !json_equal(a->members[i].value, other))
			return false;
	}
	return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
	if (!a || !b || a->type != b->type)
		return a == b;
	if (a->truth != b->truth || a->len != b->len || a->count != b->count)
		return false;
	if (a->text && memcmp(a->text, b->text, a->len) != 0)
		return false;
	if (a->type == JSON_OBJECT)
		return members_equal(a, b);
	return elements_equal(a, b);
}
