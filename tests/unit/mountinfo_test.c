#include "mountinfo.h"

#include "attr.h"
#include "test.h"

#include <errno.h>
#include <string.h>

#define TABLE                                                                  \
	"20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"              \
	"21 20 8:1 /data/a\\040b /with\\134back\\012line ro master:7 - ext4 "  \
	"/dev/sda1 rw\n"                                                       \
	"22 20 0:40 / /m rw - overlay  "                                       \
	"rw,lowerdir=/l:/m,upperdir=/u,userxattr"                              \
	"\n"                                                                   \
	"23 20 0:41 / /m rw - tmpfs none ro,size=4k\n"

static void check_lines(const struct mountinfo *info)
{
	const struct mountinfo_line *line = &info->lines[1];

	CHECK("each line is a mount", info->count == 4);
	CHECK("its numbers", line->id == 21 && line->parent == 20 &&
				     line->device == ((uint64_t)8 << 32 | 1));
	CHECK("a space in the root", strcmp(line->root, "/data/a b") == 0);
	CHECK("a backslash and a line end in the mount point",
	      strcmp(line->point, "/with\\back\nline") == 0);
	CHECK("its groups", line->shared == 0 && line->master == 7 &&
				    info->lines[0].shared == 1);
	CHECK("the mount is read-only", line->read_only);
	CHECK("its file system is", info->lines[3].read_only);
	CHECK("neither is", !info->lines[0].read_only);
	CHECK("type and source",
	      strcmp(line->type, "ext4") == 0 &&
		      strcmp(line->source, "/dev/sda1") == 0);
}

static void check_options(const struct mountinfo *info)
{
	const struct mountinfo_line *overlay = &info->lines[2];
	OWNED(free_owned)
	char *lower = mountinfo_copy_value(overlay, "lowerdir");

	CHECK("an empty source leaves the options where they are",
	      lower && strcmp(lower, "/l:/m") == 0);
	CHECK("no value where an option has none",
	      !mountinfo_copy_value(overlay, "userxattr"));
	CHECK("no value of what isn't there",
	      !mountinfo_copy_value(overlay, "lower"));
	CHECK("an option without a value",
	      mountinfo_has_option(overlay, "userxattr"));
	CHECK("part of an option's name",
	      !mountinfo_has_option(overlay, "user"));
}

static void check_finding(const struct mountinfo *info)
{
	CHECK("the last of two at one place hides the other",
	      mountinfo_at(info, "/m") == &info->lines[3]);
	CHECK("nothing is mounted there", !mountinfo_at(info, "/none"));
	CHECK("by number", mountinfo_find(info, 22) == &info->lines[2]);
	CHECK("a number that no mount has", !mountinfo_find(info, 99));
}

int main(void)
{
	OWNED(mountinfo_clear) struct mountinfo info = MOUNTINFO_INIT;
	OWNED(mountinfo_clear) struct mountinfo own = MOUNTINFO_INIT;
	char text[] = TABLE;
	struct err e = {0};

	CHECK("nothing is no table", mountinfo_parse(text, 0, &info, &e) < 0);
	CHECK("a table", mountinfo_parse(text, strlen(text), &info, &e) == 0);
	if (info.count == 4) {
		check_lines(&info);
		check_options(&info);
		check_finding(&info);
	}
	CHECK("more than is wanted",
	      mountinfo_read(0, 1, &own, &e) < 0 && e.code == EFBIG);
	CHECK("our own", mountinfo_read(0, SIZE_MAX, &own, &e) == 0 &&
				 mountinfo_at(&own, "/"));
	TEST_END();
}
