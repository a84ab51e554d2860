#include "event_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Find the object for the last part of name; *name becomes that part. */
static struct json *descend(struct json *object, const char **name)
{
	char key[64];
	const char *dot;

	while (object && (dot = strchr(*name, '.'))) {
		struct json *inner;

		(void)snprintf(key, sizeof(key), "%.*s", (int)(dot - *name),
			       *name);
		inner = json_get(object, key);
		if (!inner && json_set(object, key, json_new_object()) == 0)
			inner = json_get(object, key);
		object = inner;
		*name = dot + 1;
	}
	return object;
}

void fields_put(struct fields *fields, struct json *object, const char *name,
		struct json *take_value)
{
	object = fields->failed ? NULL : descend(object, &name);
	if (!object) {
		json_free(take_value);
		fields->failed = true;
	} else if (json_set(object, name, take_value) < 0) {
		fields->failed = true;
	}
}

/* At most max bytes, and no character in halves: text[len] isn't one of the
 * up to three bytes that continue one. */
static size_t cut(struct fields *fields, const char *text, size_t len,
		  size_t max)
{
	size_t at = max;

	if (len <= max)
		return len;
	fields->truncated = true;
	while (at > 0 && max - at < 3 && ((unsigned char)text[at] >> 6) == 2)
		at--;
	return ((unsigned char)text[at] >> 6) == 2 ? max : at;
}

void fields_text(struct fields *fields, struct json *object, const char *name,
		 const char *text)
{
	size_t len;

	if (!text)
		return;
	len = cut(fields, text, strlen(text), fields->limits->text);
	fields_put(fields, object, name, json_new_bytes(text, len));
}

void fields_append(struct fields *fields, struct json *array, const char *bytes,
		   size_t len, size_t max)
{
	len = cut(fields, bytes, len, max);
	if (fields->failed || !array ||
	    json_append(array, json_new_bytes(bytes, len)) < 0)
		fields->failed = true;
}

void fields_args(struct fields *fields, struct json *object, const char *name,
		 const char *args, size_t len)
{
	OWNED(json_owned) struct json *array = json_new_array();
	size_t count = 0;

	while (len > 0) {
		size_t arg = strnlen(args, len);

		if (count++ == fields->limits->args) {
			fields->truncated = true;
			break;
		}
		fields_append(fields, array, args, arg, fields->limits->arg);
		arg += arg < len; /* its NUL; the last may have none */
		args += arg;
		len -= arg;
	}
	if (count > 0)
		fields_put(fields, object, name, PTR_MOVE(array));
}

void fields_number(struct fields *fields, struct json *object, const char *name,
		   int64_t number)
{
	if (number >= 0)
		fields_put(fields, object, name, json_new_int(number));
}

void fields_keyword(struct fields *fields, struct json *object,
		    const char *name, int64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	if (number >= 0)
		fields_put(fields, object, name, json_new_string(text));
}

void fields_time(struct fields *fields, struct json *object, const char *name,
		 struct timespec time)
{
	char text[96];
	struct tm tm;

	if (!gmtime_r(&time.tv_sec, &tm))
		return;
	(void)snprintf(text, sizeof(text),
		       "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, time.tv_nsec);
	fields_put(fields, object, name, json_new_string(text));
}
