#include "witness.h"

#include "test.h"

#include <pthread.h>
#include <sched.h>
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

static int end_at_once(void *context)
{
	(void)context;
	return 0;
}

/*
 * The child shares this process's memory: fork(2) would copy the page tables
 * of the sanitizers' shadow memory, 2,000 times. It runs on a stack of its own,
 * and has ended before the next child gets that.
 */
static pid_t short_life(void)
{
	static _Alignas(16) char stack[16384];

	return clone(end_at_once, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		     NULL);
}

/* procfs gives a process that is being reaped the number 0. */
static bool keeps_its_number(void)
{
	struct process_info process;
	pthread_t reaper;
	bool kept = true;
	bool there = true;
	pid_t child = short_life();

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

static void test_lives(void)
{
	pid_t child = fork();
	struct birth birth = {0};
	struct birth other;
	siginfo_t ended;

	if (child == 0) {
		(void)pause();
		_exit(0);
	}
	CHECK("a child has a birth", witness_birth(child, &birth));
	other = birth;
	other.ticks++;
	CHECK("it lives", witness_lives(&birth));
	CHECK("one that was born later has its number", !witness_lives(&other));
	(void)kill(child, SIGKILL);
	CHECK("it ends",
	      waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) == 0);
	CHECK("one that waits to be reaped has ended", !witness_lives(&birth));
	(void)waitpid(child, NULL, 0);
	CHECK("nor does it live when it was", !witness_lives(&birth));
}

int main(void)
{
	test_reaped();
	test_lives();
	TEST_END();
}
