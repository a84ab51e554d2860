#include "json_internal.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

/* The escape of the character of length bytes at text (0: not UTF-8), "" if it
 * is written as it is. */
static const char *escape(const char *text, size_t length, char room[8])
{
	unsigned char c = (unsigned char)*text;

	if (!length)
		(void)snprintf(room, 8, "\\\\x%02x", c);
	else if (c < 0x20 || c == 0x7f)
		(void)snprintf(room, 8, "\\u%04x", c);
	else if (c == '"' || c == '\\')
		(void)snprintf(room, 8, "\\%c", c);
	else
		room[0] = '\0';
	return room;
}

static void write_string(const char *text, size_t len, struct buffer *out)
{
	size_t start = 0;
	size_t at = 0;
	char room[8];

	buffer_append(out, "\"", 1);
	while (at < len) {
		size_t length = utf8_length(text + at, len - at);
		const char *escaped = escape(text + at, length, room);

		if (*escaped) {
			buffer_append(out, text + start, at - start);
			buffer_append(out, escaped, strlen(escaped));
			start = at + 1;
		}
		at += length ? length : 1;
	}
	buffer_append(out, text + start, at - start);
	buffer_append(out, "\"", 1);
}

static void write_indent(size_t depth, bool pretty, struct buffer *out)
{
	if (!pretty)
		return;
	buffer_append(out, "\n", 1);
	while (depth--)
		buffer_append(out, "  ", 2);
}

static void write_value(const struct json *value, bool pretty, size_t depth,
			struct buffer *out);

static void write_members(const struct json *value, bool pretty, size_t depth,
			  struct buffer *out)
{
	bool keyed = value->type == JSON_OBJECT;

	buffer_append(out, keyed ? "{" : "[", 1);
	for (size_t i = 0; i < value->count; i++) {
		const struct json_member *member = &value->members[i];

		if (i)
			buffer_append(out, ",", 1);
		write_indent(depth + 1, pretty, out);
		if (keyed) {
			write_string(member->key, strlen(member->key), out);
			buffer_append(out, ": ", pretty ? 2 : 1);
		}
		write_value(member->value, pretty, depth + 1, out);
	}
	if (value->count)
		write_indent(depth, pretty, out);
	buffer_append(out, keyed ? "}" : "]", 1);
}

static void write_value(const struct json *value, bool pretty, size_t depth,
			struct buffer *out)
{
	switch (json_type(value)) {
	case JSON_NULL:
		buffer_append(out, "null", 4);
		break;
	case JSON_BOOL:
		buffer_printf(out, "%s", value->truth ? "true" : "false");
		break;
	case JSON_NUMBER:
		buffer_append(out, value->text, value->len);
		break;
	case JSON_STRING:
		write_string(value->text, value->len, out);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		write_members(value, pretty, depth, out);
		break;
	}
}

void json_write(const struct json *value, bool pretty, struct buffer *out)
{
	write_value(value, pretty, 0, out);
}
