#include "writers_line_internal.h"

#include "test.h"

#include <string.h>

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"

static const struct {
	const char *name;
	const char *line;
} refused[] = {
	{"an empty line", ""},
	{"blanks", "       "},
	{"a boot alone", BOOT},
	{"too few words", BOOT " 1 2 3 4 -"},
	{"too many words", BOOT " 1 2 3 4 - /x y"},
	{"a number that is none", BOOT " 1 2 x 4 - /x"},
	{"a place without a folder", BOOT " 1 2 3 4 /x -"},
	{"a folder cut off behind an escape's sign", BOOT " 1 2 3 4 - /x%"},
	{"a folder cut off within an escape", BOOT " 1 2 3 4 - /x%2"},
	{"an escape that is none", BOOT " 1 2 3 4 - /x%zz"},
	{"an escape with a sign", BOOT " 1 2 3 4 - /x%+4"},
	{"an origin with an escape that is none", BOOT " 1 2 3 4 /%zz /x"},
	{"an escaped end of the text", BOOT " 1 2 3 4 - /x%00y"},
};

static void check_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct writer writer;
		char *line = strdup(refused[i].line);

		CHECK(refused[i].name,
		      line && !writer_read(line, BOOT, &writer));
		location_clear(&writer.at);
		free(line);
	}
}

static const struct {
	const char *name;
	const char *origin; /* NULL: none */
	const char *folder;
} names[] = {
	{"a folder", NULL, "/srv/data"},
	{"a folder of a mount that has an origin", "/dev/sda1", "/"},
	{"blanks, tabs and line ends", "server:/a b", "/a b\tc\nd\re"},
	{"a name that is the sign for none", NULL, "-"},
	{"an origin that is the sign for none", "-", "/x"},
	{"signs that look like escapes", "%41", "/%2d%%"},
	{"bytes that are no characters", NULL, "/\x01\x7f\xff\xc3"},
};

static bool is_same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool comes_back(struct location *at, const char *boot, bool this_boot)
{
	struct buffer text = BUFFER_INIT;
	struct writer writer = {0};
	bool same;

	writer_write(BOOT, at, &text);
	same = !buffer_failed(&text) && text.len > 0 &&
	       text.data[text.len - 1] == '\n' &&
	       strchr(text.data, '\n') == text.data + text.len - 1;
	if (same) {
		text.data[text.len - 1] = '\0';
		same = writer_read(text.data, boot, &writer) &&
		       writer.this_boot == this_boot &&
		       writer.at.device == at->device &&
		       writer.at.file_system == at->file_system &&
		       writer.at.birth_ns == at->birth_ns &&
		       writer.at.identity.ino == at->identity.ino &&
		       is_same(writer.at.origin, at->origin) &&
		       is_same(writer.at.folder, at->folder);
	}
	location_clear(&writer.at);
	buffer_clear(&text);
	return same;
}

static void check_names(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct location at = {
			.device = UINT64_MAX,
			.file_system = 0xfeedface,
			.birth_ns = INT64_MAX,
			.identity.ino = UINT64_MAX - 1,
		};

		at.origin = names[i].origin ? strdup(names[i].origin) : NULL;
		at.folder = strdup(names[i].folder);
		CHECK(names[i].name, comes_back(&at, BOOT, true));
		CHECK("written before the machine was started anew",
		      comes_back(&at, "another", false));
		location_clear(&at);
	}
}

int main(void)
{
	char boot[BOOT_LEN + 1];

	check_refused();
	check_names();
	writer_boot(boot);
	CHECK("this boot has a name", strlen(boot) == BOOT_LEN);
	TEST_END();
}
