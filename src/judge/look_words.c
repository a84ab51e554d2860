#include "look_words_internal.h"
#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WORDS_FIRST = 32 * 1024,      /* bytes of arguments, at first */
	WORDS_MAX = 16 * 1024 * 1024, /* more than execve takes       */
	ARGS_ASKED = 4096,	      /* more are read at the proof only */
};

void words_owned(struct words *words)
{
	free(words->text);
}

/* Make more room; false at the maximum. */
static bool words_grow(struct words *words, enum pace pace)
{
	size_t size = words->size ? 2 * words->size : WORDS_FIRST;
	char *text;

	if (size > (pace == PACE_FAST ? WORDS_FIRST : WORDS_MAX))
		return false;
	text = realloc(words->text, size);
	if (!text)
		return false;
	words->text = text;
	words->size = size;
	return true;
}

int words_read_own(const struct look *look, struct words *words)
{
	OWNED(close_owned)
	int fd = procfs_open(look->target.tid, "cmdline", O_RDONLY);
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (words->len < words->size || words_grow(words, look->pace)) {
		n = read(fd, words->text + words->len,
			 words->size - words->len);
		if (n <= 0)
			return n < 0 ? -1 : 0;
		words->len += (size_t)n;
	}
	return -1;
}

int words_read_asked(const struct look *look, uint64_t argv,
		     struct words *words)
{
	if (!words_grow(words, look->pace))
		return -1;
	for (size_t i = 0; i < ARGS_ASKED; i++) {
		uint64_t pointer;
		struct err e;

		if (target_read(&look->target, argv + i * sizeof(pointer),
				&pointer, sizeof(pointer), NULL) < 0)
			return -1;
		if (!pointer)
			return 0;
		while (target_read_string(&look->target, pointer,
					  words->text + words->len,
					  words->size - words->len, &e) < 0)
			if (e.code != ENAMETOOLONG ||
			    !words_grow(words, look->pace))
				return -1;
		words->len += strlen(words->text + words->len) + 1;
	}
	return -1;
}

bool words_drop(struct words *words, unsigned count)
{
	size_t at = 0;

	for (; count; count--) {
		const char *end = at < words->len
					  ? memchr(words->text + at, '\0',
						   words->len - at)
					  : NULL;

		if (!end)
			return false;
		at = (size_t)(end + 1 - words->text);
	}
	words->len -= at;
	memmove(words->text, words->text + at, words->len);
	return true;
}

void words_load(struct words *words, size_t program, size_t argv0)
{
	size_t first = argv0 == SIZE_MAX ? program : argv0;
	size_t len = strlen(words->text + first) + 1;
	size_t rest = program + strlen(words->text + program) + 1;

	memmove(words->text, words->text + first, len);
	memmove(words->text + len, words->text + rest, words->len - rest);
	words->len = len + words->len - rest;
}
