#include "location.h"

#include "test.h"

#include <fcntl.h>
#include <string.h>

static const struct {
	const char *one, *other;
	enum relation relation;
} rows[] = {
	{"/", "/", LOCATION_SAME},	  {"/a", "/a", LOCATION_SAME},
	{"/a", "/", LOCATION_BELOW},	  {"/", "/a", LOCATION_ABOVE},
	{"/a/b", "/a", LOCATION_BELOW},	  {"/a", "/a/b", LOCATION_ABOVE},
	{"/ab", "/a", LOCATION_APART},	  {"/a", "/ab", LOCATION_APART},
	{"/a/b", "/a/c", LOCATION_APART}, {"/b", "/a", LOCATION_APART},
};

int main(void)
{
	OWNED(mounts_owned) struct mounts *mounts = NULL;
	OWNED(close_owned) int folder = open("/usr", O_PATH | O_CLOEXEC);
	OWNED(close_owned) int below = open("/usr/bin", O_PATH | O_CLOEXEC);
	struct location one = {0};
	struct location other = {0};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(rows[i].one,
		      location_compare_paths(rows[i].one, rows[i].other) ==
			      rows[i].relation);
		CHECK("what is the same or below is within",
		      location_is_within(rows[i].one, rows[i].other) ==
			      (rows[i].relation == LOCATION_SAME ||
			       rows[i].relation == LOCATION_BELOW));
	}
	CHECK("/proc is the kernel's", location_is_kernels("/proc"));
	CHECK("and what is below /dev", location_is_kernels("/dev/shm/x"));
	CHECK("and /sys", location_is_kernels("/sys/fs/cgroup"));
	CHECK("a name that begins so isn't", !location_is_kernels("/devel"));
	CHECK("the root isn't", !location_is_kernels("/"));
	CHECK("the mounts are read", mounts_read(&mounts, &e) == 0);
	CHECK("a folder lies somewhere",
	      location_find(mounts, folder, &one, &e) == 0);
	CHECK("and so does one in it",
	      location_find(mounts, below, &other, &e) == 0);
	CHECK("which is the same as itself",
	      location_relation(&one, &one) == LOCATION_SAME);
	CHECK("and below the other",
	      location_relation(&other, &one) == LOCATION_BELOW);
	CHECK("which is above it",
	      location_relation(&one, &other) == LOCATION_ABOVE);
	location_clear(&one);
	location_clear(&other);
	TEST_END();
}
