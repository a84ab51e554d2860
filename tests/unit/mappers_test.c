#include "mappers.h"

#include "test.h"

#include "stat.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *name, *text, *cgroup;
	bool below;
} rows[] = {
	{"the same", "0::/a/b\n", "0::/a/b\n", true},
	{"a child", "0::/a/b/c\n", "0::/a/b\n", true},
	{"a parent", "0::/a\n", "0::/a/b\n", false},
	{"a sibling", "0::/a/c\n", "0::/a/b\n", false},
	{"a sibling whose name begins alike", "0::/a/bc\n", "0::/a/b\n", false},
	{"all are below the root", "0::/a\n", "0::/\n", true},
	{"the root is below itself", "0::/\n", "0::/\n", true},
	{"in one hierarchy below, in the other not", "2:freezer:/a/b\n0::/x\n",
	 "2:freezer:/a\n0::/y\n", false},
	{"in both below", "2:freezer:/a/b\n0::/y\n", "2:freezer:/a\n0::/y\n",
	 true},
	{"a hierarchy is missing", "2:freezer:/a\n", "2:freezer:/a\n0::/y\n",
	 false},
	{"nothing is known of it", "", "0::/a\n", false},
};

struct found {
	pid_t pid;
	size_t times, file;
};

static void visit(void *context, pid_t pid, int pidfd, size_t file)
{
	struct found *found = context;

	if (pid != found->pid || pidfd < 0)
		return;
	found->times++;
	found->file = file;
}

/* This very process maps its own program. */
static void test_find(void)
{
	char *cgroup = mappers_cgroup(getpid());
	char other[] = "0::/nowhere\n";
	char *others[] = {other};
	struct mapped_file files[2] = {{1, 1}};
	struct found found = {.pid = getpid()};
	struct identity id;

	CHECK("it has a cgroup", cgroup);
	CHECK("its program can be looked at",
	      stat_identity(AT_FDCWD, "/proc/self/exe", 0, &id) == 0);
	files[1] = (struct mapped_file){id.dev, id.ino};
	CHECK("the processes can be looked at",
	      mappers_find(files, 2, &cgroup, 1, visit, &found, NULL) == 0);
	CHECK("it is found once", found.times == 1);
	CHECK("with its file", found.file == 1);
	CHECK("another cgroup's can be looked at",
	      mappers_find(files, 2, others, 1, visit, &found, NULL) == 0);
	CHECK("where it isn't found", found.times == 1);
	free(cgroup);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(rows[i].name,
		      mappers_below(rows[i].text, rows[i].cgroup) ==
			      rows[i].below);
	test_find();
	TEST_END();
}
