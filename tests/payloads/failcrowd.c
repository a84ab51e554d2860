/*
 * failcrowd STUCK FAILING SECONDS PROGRAM - STUCK processes are in an exec of
 * PROGRAM that waits for ever: for a thread of theirs that a tracer doesn't
 * reap. Beside them FAILING processes execute it every three seconds, all at
 * once, with an argument that the kernel finds too long.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENT = 256 * 1024, STACK = 16384, ROUND_US = 3000000 };

/* Shared by the process and the tracer of its thread. */
struct stuck {
	_Atomic pid_t thread;
	atomic_bool traced;
};

static void *idle(void *stuck)
{
	((struct stuck *)stuck)->thread = (pid_t)syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void execute(char *program, struct stuck *stuck)
{
	char *args[] = {program, NULL};
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	if (pthread_create(&thread, &small, idle, stuck) != 0)
		_exit(1);
	while (!stuck->traced)
		usleep(1000);
	execv(program, args);
	_exit(1);
}

static void stick(char *program, struct stuck *stuck)
{
	pid_t pid = fork();

	if (pid == 0)
		execute(program, stuck);
	if (pid < 0)
		err(1, "fork");
	while (!stuck->thread)
		usleep(100);
	if (ptrace(PTRACE_SEIZE, stuck->thread, 0, 0) < 0)
		warn("seize");
	stuck->traced = true;
}

static void fail(char *program, char *argument, time_t end)
{
	char *args[] = {program, argument, NULL};

	while (time(NULL) < end) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		usleep((useconds_t)(ROUND_US - now.tv_sec % 3 * 1000000 -
				    now.tv_nsec / 1000));
		execv(program, args);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		errx(2, "usage: failcrowd STUCK FAILING SECONDS PROGRAM");
	int count = atoi(argv[1]), failing = atoi(argv[2]);
	struct stuck *stuck =
		mmap(NULL, ((size_t)count + 1) * sizeof(*stuck),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *argument = malloc(ARGUMENT);

	if (stuck == MAP_FAILED || !argument)
		err(1, "memory");
	memset(argument, 'x', ARGUMENT - 1);
	argument[ARGUMENT - 1] = '\0';
	for (int i = 0; i < count; i++)
		stick(argv[4], &stuck[i]);

	time_t end = time(NULL) + atoi(argv[3]);

	for (int i = 0; i < failing; i++)
		if (fork() == 0)
			fail(argv[4], argument, end);
	while (time(NULL) < end)
		sleep(1);
	for (int i = 0; i < count; i++)
		kill(stuck[i].thread, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	return 0;
}
