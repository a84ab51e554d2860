#include "utf8.h"

#include <stdint.h>

/* RFC 3629 section 4: the first byte says how many follow, and four of the
 * first bytes narrow the second. */
static const struct lead {
	uint8_t first, last;
	uint8_t length;
	uint8_t second_low, second_high;
} leads[] = {
	{0x00, 0x7f, 1, 0, 0},	     {0xc2, 0xdf, 2, 0x80, 0xbf},
	{0xe0, 0xe0, 3, 0xa0, 0xbf}, {0xe1, 0xec, 3, 0x80, 0xbf},
	{0xed, 0xed, 3, 0x80, 0x9f}, {0xee, 0xef, 3, 0x80, 0xbf},
	{0xf0, 0xf0, 4, 0x90, 0xbf}, {0xf1, 0xf3, 4, 0x80, 0xbf},
	{0xf4, 0xf4, 4, 0x80, 0x8f},
};

static const struct lead *lead_find(uint8_t byte)
{
	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		if (byte >= leads[i].first && byte <= leads[i].last)
			return &leads[i];
	}
	return NULL;
}

size_t utf8_length(const char *bytes, size_t len)
{
	const struct lead *lead = len ? lead_find((uint8_t)bytes[0]) : NULL;

	if (!lead || lead->length > len)
		return 0;
	if (lead->length == 1)
		return 1;
	if ((uint8_t)bytes[1] < lead->second_low ||
	    (uint8_t)bytes[1] > lead->second_high)
		return 0;
	for (size_t i = 2; i < lead->length; i++) {
		if (((uint8_t)bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	return lead->length;
}

static bool is_control(const char *bytes, size_t length)
{
	uint8_t first = (uint8_t)bytes[0];

	if (length == 1)
		return first < 0x20 || first == 0x7f;
	return length == 2 && first == 0xc2 && (uint8_t)bytes[1] < 0xa0;
}

void utf8_escape(const char *bytes, size_t len, struct buffer *out)
{
	size_t start = 0;
	size_t at = 0;

	while (at < len) {
		size_t length = utf8_length(bytes + at, len - at);

		if (length && !is_control(bytes + at, length)) {
			at += length;
			continue;
		}
		buffer_append(out, bytes + start, at - start);
		for (start = at + (length ? length : 1); at < start; at++)
			buffer_printf(out, "\\x%02x", (uint8_t)bytes[at]);
	}
	buffer_append(out, bytes + start, at - start);
}
