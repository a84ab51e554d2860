#include "binfmt.h"

#include "test.h"

#include <string.h>

#define QEMU                                                                   \
	"enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\n"      \
	"offset 0\n"

static const struct {
	const char *name;
	const char *text;
	bool parsed;
	size_t len;
} rows[] = {
	{"with a mask", QEMU "magic 7f454c46\nmask ffffff00\n", true, 4},
	{"without a mask", QEMU "magic 7f45\n", true, 2},
	{"at an offset",
	 "enabled\ninterpreter /i\nflags: F\noffset 8\nmagic 00ff\n", true, 2},
	{"disabled", "disabled\ninterpreter /i\nflags: F\noffset 0\nmagic 00\n",
	 false, 0},
	{"an interpreter that the kernel doesn't keep open",
	 "enabled\ninterpreter /i\nflags: OC\noffset 0\nmagic 00\n", false, 0},
	{"no flags", "enabled\ninterpreter /i\nflags: \noffset 0\nmagic 00\n",
	 false, 0},
	{"known by its name's ending",
	 "enabled\ninterpreter /i\nflags: F\nextension .x\n", false, 0},
	{"an offset beyond what is compared",
	 "enabled\ninterpreter /i\nflags: F\noffset 99999\nmagic 00\n", false,
	 0},
	{"a mask of another length", QEMU "magic 7f45\nmask ff\n", false, 0},
	{"half a byte", QEMU "magic 7f4\n", false, 0},
	{"no digits", QEMU "magic 7g\n", false, 0},
	{"no magic", QEMU, false, 0},
	{"the file of all entries' status", "enabled\n", false, 0},
	{"nothing", "", false, 0},
};

static void check_masked(void)
{
	struct binfmt_entry entry;

	CHECK("read",
	      binfmt_parse(QEMU "magic 7f454c46\nmask ffff00f0\n", &entry));
	CHECK("its interpreter",
	      strcmp(entry.interpreter, "/usr/bin/qemu-aarch64-static") == 0);
	CHECK("its flags", strcmp(entry.flags, "OCF") == 0);
	CHECK("its bytes", memcmp(entry.magic,
				  "\x7f"
				  "ELF",
				  4) == 0);
	CHECK("its mask", memcmp(entry.mask, "\xff\xff\0\xf0", 4) == 0);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct binfmt_entry entry;

		CHECK(rows[i].name,
		      binfmt_parse(rows[i].text, &entry) == rows[i].parsed);
		if (rows[i].parsed)
			CHECK(rows[i].name, entry.len == rows[i].len);
	}
	check_masked();
	TEST_END();
}
