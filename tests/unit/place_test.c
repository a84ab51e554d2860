#include "place_internal.h"

#include "file.h"
#include "test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char top[] = "/tmp/place-test.XXXXXX";

/* Each of these changes the described folder: top/disk/sub/seal. */
static const struct {
	const char *name;
	const char *command;
	bool gone;
} rows[] = {
	{"nothing happened", "true", false},
	{"files were made in it", "touch disk/sub/seal/x", false},
	{"it was renamed and came back",
	 "mv disk/sub/seal disk/sub/x; mv disk/sub/x disk/sub/seal", false},
	{"the disk isn't mounted: its folder's place has another folder",
	 "mv disk away; mkdir disk", false},
	{"another disk is mounted there, with folders of the same names",
	 "mv disk away; mkdir -p disk/sub", false},
	{"the disk has another folder of the whole name",
	 "mv disk away; mkdir -p disk/sub/seal", false},
	{"nothing is left of it, and all that was above it is as it was",
	 "rm -r disk/sub/seal", true},
	{"what was above it is gone as well", "rm -r disk/sub", true},
	{"a folder was made anew in its place",
	 "mv disk/sub/seal disk/sub/x; mkdir disk/sub/seal; rm -r disk/sub/x",
	 true},
	{"a file took the place of what was above it",
	 "rm -r disk/sub; touch disk/sub", false},
	{"a link took the place of what was above it",
	 "mv disk/sub disk/other; ln -s other disk/sub", false},
};

static bool is_gone_after(const char *command)
{
	struct buffer text = BUFFER_INIT;
	char path[sizeof(top) + 32];
	bool gone;

	test_shell("rm -rf disk away; mkdir -p disk/sub/seal");
	(void)snprintf(path, sizeof(path), "%s/disk/sub/seal", top);
	place_describe(path, &text);
	if (buffer_failed(&text) || !text.data)
		abort();
	test_shell(command);
	gone = place_is_gone(text.data);
	buffer_clear(&text);
	return gone;
}

static void check_text(void)
{
	struct buffer text = BUFFER_INIT;
	char path[sizeof(top) + 32];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/missing", top);
	place_describe(path, &text);
	CHECK("a folder that isn't there leaves no line", text.len == 0);
	test_shell("rm -rf 'new\nline'; mkdir 'new\nline'");
	(void)snprintf(path, sizeof(path), "%s/new\nline", top);
	place_describe(path, &text);
	CHECK("nor does one whose name would be two lines", text.len == 0);
	test_shell("rm -rf disk; mkdir -p disk/a disk/b");
	(void)snprintf(path, sizeof(path), "%s/disk/a", top);
	place_describe(path, &text);
	len = text.len;
	place_describe(path, &text);
	CHECK("a folder is told of once", len > 0 && text.len == len);
	(void)snprintf(path, sizeof(path), "%s/disk/b", top);
	place_describe(path, &text);
	test_shell("rmdir disk/b");
	CHECK("of two folders one that is gone is enough",
	      text.len > len && place_is_gone(text.data));
	buffer_clear(&text);
}

/* A record that is damaged must not have seals removed. */
static void check_damaged(void)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"folder",
		"folder ",
		"folder 1 2 3",
		"above 1 2 3 /x\n",
		"folder 1 2 3 /nowhere/at/all\n",
		"folder 1 2 3 /nowhere\nabove 1 2 3 /\n",
		"some other line\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK("a text that says too little says that nothing is gone",
		      !place_is_gone(texts[i]));
}

int main(void)
{
	if (!mkdtemp(top) || chdir(top) < 0)
		return EXIT_FAILURE;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(rows[i].name,
		      is_gone_after(rows[i].command) == rows[i].gone);
	check_text();
	check_damaged();
	test_shell("rm -rf \"$PWD\"");
	TEST_END();
}
