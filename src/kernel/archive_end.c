/*
 * The end of central directory record, by which a zip archive is recognized.
 * Source: PKWARE's APPNOTE.TXT, 4.3.16.
 */
#include "archive.h"
#include "archive_internal.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	END_SIZE = 22,
	AT_DIRECTORY_SIZE = 12,
	AT_DIRECTORY_OFFSET = 16,
	AT_COMMENT_LEN = 20,
};

static const char signature[] = {'P', 'K', 5, 6};

static uint32_t number(const unsigned char *bytes, size_t len)
{
	uint32_t value = 0;

	while (len--)
		value = value << 8 | bytes[len];
	return value;
}

/* The last record whose comment ends within the file, as in libzip; NULL. */
static const unsigned char *find_record(const unsigned char *tail, size_t len)
{
	for (size_t at = len - END_SIZE + 1; at-- > 0;)
		if (memcmp(tail + at, signature, sizeof(signature)) == 0 &&
		    number(tail + at + AT_COMMENT_LEN, 2) <=
			    len - at - END_SIZE)
			return tail + at;
	return NULL;
}

static bool find_end(int fd, uint64_t size, uint64_t *ret_start)
{
	unsigned char tail[ARCHIVE_TAIL];
	size_t len = size < sizeof(tail) ? (size_t)size : sizeof(tail);
	const unsigned char *record;
	uint64_t directory;
	uint64_t end;

	*ret_start = 0;
	if (size < END_SIZE ||
	    pread(fd, tail, len, (off_t)(size - len)) != (ssize_t)len)
		return false;
	record = find_record(tail, len);
	if (!record)
		return false;
	end = size - len + (uint64_t)(record - tail);
	directory = (uint64_t)number(record + AT_DIRECTORY_SIZE, 4) +
		    number(record + AT_DIRECTORY_OFFSET, 4);
	/* In a large archive these are all ones: another record has the
	 * values. */
	if (directory < end)
		*ret_start = end - directory;
	return true;
}

static bool is_called_one(const char *name)
{
	static const char *const endings[] = {".jar", ".war", ".zip", ".whl"};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (len > 4 && strcasecmp(name + len - 4, endings[i]) == 0)
			return true;
	return false;
}

bool archive_is_one(int fd, uint64_t size, const char *name)
{
	uint64_t start;

	return is_called_one(name) || find_end(fd, size, &start);
}

uint64_t archive_start(int fd, uint64_t size)
{
	uint64_t start;

	return find_end(fd, size, &start) ? start : 0;
}
