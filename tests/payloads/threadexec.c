/* threadexec FILE [ARG...] - executes a file from a thread, not the leader. */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <unistd.h>

static void *idle(void *unused)
{
	pause();
	return unused;
}

static void *run(void *argv)
{
	char **program = argv;

	execve(program[0], program, environ);
	err(126, "%s", program[0]);
}

int main(int argc, char **argv)
{
	pthread_t other, thread;

	if (argc < 2)
		errx(2, "usage: threadexec FILE [ARG...]");
	if (pthread_create(&other, NULL, idle, NULL) ||
	    pthread_create(&thread, NULL, run, argv + 1))
		errx(1, "no threads");
	pause();
	return 1;
}
