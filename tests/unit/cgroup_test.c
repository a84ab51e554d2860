#include "cgroup.h"

#include "test.h"

#include <stdbool.h>
#include <string.h>

static const char version_1[] = "12:cpuset:/set\n"
				"4:cpu,cpuacct:/kubepods/pod1/abc\n"
				"2:name=systemd:/system.slice\n"
				"1:freezer:/a:b\n"
				"0::/unified\n";
static const char version_2[] = "0::/machine.slice/libpod-1.scope\n";

static const struct {
	const char *name;
	const char *text;
	const char *controller;
	const char *path; /* NULL: none */
} rows[] = {
	{"a controller that is one of two", version_1, "cpu",
	 "/kubepods/pod1/abc"},
	{"the second of two", version_1, "cpuacct", "/kubepods/pod1/abc"},
	{"one that begins with the name of another", version_1, "cpuset",
	 "/set"},
	{"a path with a colon", version_1, "freezer", "/a:b"},
	{"version 2 beside version 1", version_1, "", "/unified"},
	{"version 2 alone", version_2, "", "/machine.slice/libpod-1.scope"},
	{"no such controller in version 1", version_2, "cpu", NULL},
	{"a part of a controller's name", version_1, "cp", NULL},
	{"a controller that isn't there", version_1, "memory", NULL},
	{"a hierarchy without controllers", version_1, "systemd", NULL},
	{"no text", "", "cpu", NULL},
	{"no text of version 2", "", "", NULL},
	{"a line without a path", "1:cpu\n0:", "cpu", NULL},
	{"a line without an end", "0::/x", "", "/x"},
};

static bool finds(const char *text, const char *controller, const char *path)
{
	size_t len = 0;
	const char *found = cgroup_path(text, controller, &len);

	if (!path || !found)
		return found == path;
	return len == strlen(path) && memcmp(found, path, len) == 0;
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(rows[i].name,
		      finds(rows[i].text, rows[i].controller, rows[i].path));
	TEST_END();
}
