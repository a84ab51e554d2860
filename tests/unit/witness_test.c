#include "witness.h"

#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 2000 };

static void *reap(void *context)
{
	const pid_t *child = context;

	(void)waitpid(*child, NULL, 0);
	return NULL;
}

/* procfs gives a process that is being reaped the number 0. */
static bool keeps_its_number(void)
{
	struct process_info process;
	pthread_t reaper;
	bool kept = true;
	bool there = true;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0 || pthread_create(&reaper, NULL, reap, &child) != 0)
		return false;
	while (kept && there) {
		witness_process(child, false, &process);
		kept = process.pid == child && process.parent != 0 &&
		       process.pid_namespaced != 0;
		there = process.name != NULL;
		process_info_clear(&process);
	}
	(void)pthread_join(reaper, NULL);
	return kept;
}

static void test_reaped(void)
{
	int kept = 0;

	for (int i = 0; i < CHILDREN; i++)
		kept += keeps_its_number();
	CHECK("a process that is reaped meanwhile keeps its number",
	      kept == CHILDREN);
}

int main(void)
{
	test_reaped();
	TEST_END();
}
