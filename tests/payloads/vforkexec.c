/*
 * vforkexec FILE [ARG...] - executes a file from a child that shares the
 * parent's memory: by vfork(2), and by clone(2) with CLONE_VM alone. Exits
 * with the worse of the two statuses.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(void *argv)
{
	char **program = argv;

	execve(program[0], program, environ);
	_exit(126);
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(1, "child");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	static char stack[65536] __attribute__((aligned(16)));

	if (argc < 2)
		errx(2, "usage: vforkexec FILE [ARG...]");
	pid_t pid = vfork();

	if (pid == 0)
		run(argv + 1);
	int first = wait_for(pid);

	pid = clone(run, stack + sizeof(stack), CLONE_VM | SIGCHLD, argv + 1);
	int second = wait_for(pid);

	return first > second ? first : second;
}
