#include "lineage.h"

#include "test.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that waits; executes says whether it runs another program first. */
struct child {
	pid_t pid;
	int go; /* closed: it ends */
};

static struct child start(bool executes)
{
	int go[2];
	int ready[2];
	struct child child;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0 ||
	    (child.pid = fork()) < 0)
		abort();
	if (child.pid == 0) {
		if (dup2(go[0], 0) < 0 || dup2(ready[1], 1) < 0 ||
		    close(go[1]) < 0)
			_exit(1);
		if (executes)
			(void)execl("/bin/sh", "sh", "-c", "echo; read x",
				    (char *)NULL);
		if (write(1, "x", 1) != 1 || read(0, &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	(void)close(go[0]);
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	(void)close(ready[0]);
	child.go = go[1];
	return child;
}

static void end(struct child *child)
{
	(void)close(child->go);
	(void)waitpid(child->pid, NULL, 0);
}

static bool runs(struct lineage *lineage, pid_t pid, const char *path)
{
	char program[64] = "";

	return lineage_find(lineage, pid, program, sizeof(program)) &&
	       strcmp(program, path) == 0;
}

static bool is_known(struct lineage *lineage, pid_t pid)
{
	char program[64];

	return lineage_find(lineage, pid, program, sizeof(program));
}

static void check_unknown(struct lineage *lineage)
{
	char program[4];
	struct child gone = start(false);

	CHECK("a process that nothing was proven of",
	      !is_known(lineage, getpid()));
	end(&gone);
	CHECK("a process that is no more", !is_known(lineage, gone.pid));
	lineage_record(lineage, gone.pid, "/gone");
	CHECK("nothing is recorded of one either",
	      !is_known(lineage, gone.pid));
	lineage_record(lineage, getpid(), "/bin/self");
	CHECK("a name that is longer than its room",
	      !lineage_find(lineage, getpid(), program, sizeof(program)));
	CHECK("a process is known by what was proven",
	      runs(lineage, getpid(), "/bin/self"));
	lineage_record(lineage, getpid(), "/bin/other");
	CHECK("its last proof counts", runs(lineage, getpid(), "/bin/other"));
}

static void check_children(struct lineage *lineage)
{
	struct child same = start(false);
	struct child other = start(true);

	CHECK("a child that only forked runs what its parent was proven to",
	      runs(lineage, same.pid, "/bin/other"));
	CHECK("a child that executed, unproven, isn't taken for its parent",
	      !is_known(lineage, other.pid));
	lineage_record(lineage, other.pid, "/bin/sh");
	CHECK("proven, it is what it was proven to be",
	      runs(lineage, other.pid, "/bin/sh"));
	lineage_record(lineage, getpid(), "/bin/later");
	CHECK("what a child was found to run stays, whatever its parent runs",
	      runs(lineage, same.pid, "/bin/other"));
	end(&same);
	end(&other);
}

int main(void)
{
	static struct lineage *lineage;

	lineage = lineage_new();
	if (!lineage)
		return EXIT_FAILURE;
	check_unknown(lineage);
	check_children(lineage);
	CHECK("a task without a number", !is_known(lineage, 0));
	TEST_END();
}
