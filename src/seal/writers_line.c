#include "writers_line_internal.h"

#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void writer_boot(char ret[BOOT_LEN + 1])
{
	struct buffer text = BUFFER_INIT;

	ret[0] = '-';
	ret[1] = '\0';
	if (file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &text,
		      NULL) == 0 &&
	    text.len >= BOOT_LEN) {
		memcpy(ret, text.data, BOOT_LEN);
		ret[BOOT_LEN] = '\0';
	}
	buffer_clear(&text);
}

/* Names may contain any byte. */
static void write_name(const char *name, struct buffer *out)
{
	if (!name)
		buffer_printf(out, "-");
	for (; name && *name; name++)
		if ((unsigned char)*name <= ' ' || *name == '%' ||
		    *name == '-' || *name == '\x7f')
			buffer_printf(out, "%%%02x", (unsigned char)*name);
		else
			buffer_append(out, name, 1);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a name, that *at is then behind; 0: it is none. */
static char next_byte(const char **at)
{
	const char *text = *at;
	int high;
	int low;

	*at += 1;
	if (*text != '%')
		return *text;
	high = digit_of(text[1]);
	low = high < 0 ? -1 : digit_of(text[2]);
	if (low < 0)
		return '\0';
	*at += 2;
	return (char)(high << 4 | low);
}

/* NULL for what isn't one, and for "-". */
static char *read_name(const char *text)
{
	OWNED(free_owned) char *name = malloc(strlen(text) + 1);
	size_t len = 0;

	if (!name || strcmp(text, "-") == 0)
		return NULL;
	while (*text) {
		name[len] = next_byte(&text);
		if (!name[len])
			return NULL;
		len++;
	}
	name[len] = '\0';
	return PTR_MOVE(name);
}

void writer_write(const char *boot, const struct location *at,
		  struct buffer *out)
{
	buffer_printf(out, "%s %llx %llx %llx %llx ", boot,
		      (unsigned long long)at->device,
		      (unsigned long long)at->file_system,
		      (unsigned long long)at->identity.ino,
		      (unsigned long long)at->birth_ns);
	write_name(at->origin, out);
	buffer_append(out, " ", 1);
	write_name(at->folder, out);
	buffer_append(out, "\n", 1);
}

/* False if the line isn't such a line. */
bool writer_read(char *line, const char *boot, struct writer *ret)
{
	unsigned long long device, file_system, inode, birth;
	char *words[8];
	char *save = NULL;
	size_t count = 0;

	*ret = (struct writer){0};
	for (char *word = strtok_r(line, " ", &save); word && count < 8;
	     word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (count != 7 || sscanf(words[1], "%llx", &device) != 1 ||
	    sscanf(words[2], "%llx", &file_system) != 1 ||
	    sscanf(words[3], "%llx", &inode) != 1 ||
	    sscanf(words[4], "%llx", &birth) != 1)
		return false;
	*ret = (struct writer){
		.at = {.device = device,
		       .file_system = file_system,
		       .birth_ns = (int64_t)birth,
		       .origin = read_name(words[5]),
		       .folder = read_name(words[6])},
		.this_boot = strcmp(words[0], boot) == 0,
	};
	ret->at.identity.ino = inode;
	return ret->at.folder && (ret->at.origin || strcmp(words[5], "-") == 0);
}
