/*
 * clones HOW FILE - executes a file from a task that was made in an unusual
 * way, or at an unusual moment. HOW is
 *
 *   parent      a child of the parent's, by CLONE_PARENT
 *   untraced    a child that no tracer may follow, by CLONE_UNTRACED
 *   vfork       a child that shares memory and holds its parent up
 *   shared      a child that shares memory, descriptors, folder and signals
 *   ptrace      a child that has its parent's tracer, by CLONE_PTRACE
 *   failed      the same, of a parent whose own exec has just failed
 *   leader      a thread, while the leader executes /bin/true
 *   threads     twenty threads at once
 *   leaderless  a thread whose leader has exited
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 20 };

static char **program;
static pthread_barrier_t together;

static int run(void *unused)
{
	(void)unused;
	execve(program[0], program, environ);
	_exit(126);
}

static int run_in(unsigned long flags)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(run, stack + sizeof(stack), (int)flags, NULL);
	int status;

	if (pid < 0)
		err(1, "clone");
	if (waitpid(pid, &status, __WALL) != pid)
		return 0; /* CLONE_PARENT: it isn't ours */
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Our parent has to stay for a child that isn't ours. */
static int run_as_sibling(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(run_in(CLONE_PARENT | SIGCHLD));
	while (wait(NULL) > 0)
		;
	return 0;
}

static int run_traced(void)
{
	int status;
	pid_t pid, child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(run_in(CLONE_PTRACE | SIGCHLD));
	}
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		int signal = WSTOPSIG(status);

		if (signal == SIGTRAP || signal == SIGSTOP)
			signal = 0;
		ptrace(PTRACE_CONT, pid, 0, signal);
	}
	return 0;
}

/* A too long argument makes the exec fail in the kernel, after runmoor's
 * judgement. */
static void fail(void)
{
	static char arg[1 << 18];
	char *argv[] = {arg, NULL};

	memset(arg, 'a', sizeof(arg) - 1);
	if (execve("/bin/true", argv, environ) == 0 || errno != E2BIG)
		warn("an exec that should have failed");
}

static void *run_together(void *name)
{
	pthread_barrier_wait(&together);
	if (name)
		execve(name, program, environ);
	else
		run(NULL);
	return NULL;
}

static void *run_leaderless(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	run(NULL);
	return NULL;
}

static void threads(int count)
{
	pthread_t thread;

	pthread_barrier_init(&together, NULL, (unsigned)count + 1);
	while (count-- > 0)
		if (pthread_create(&thread, NULL, run_together, NULL))
			errx(1, "no thread");
}

int main(int argc, char **argv)
{
	static pthread_t self;
	pthread_t thread;

	if (argc < 3)
		errx(2, "usage: clones HOW FILE");
	const char *how = argv[1];

	program = argv + 2;
	if (strcmp(how, "parent") == 0)
		return run_as_sibling();
	if (strcmp(how, "untraced") == 0)
		return run_in(CLONE_UNTRACED | SIGCHLD);
	if (strcmp(how, "vfork") == 0)
		return run_in(CLONE_VM | CLONE_VFORK | SIGCHLD);
	if (strcmp(how, "shared") == 0)
		return run_in(CLONE_VM | CLONE_FILES | CLONE_FS |
			      CLONE_SIGHAND | SIGCHLD);
	if (strcmp(how, "ptrace") == 0)
		return run_traced();
	if (strcmp(how, "failed") == 0) {
		int failed = 0;

		for (int i = 0; i < 20; i++) {
			fail();
			failed |= run_in(CLONE_PTRACE | SIGCHLD);
		}
		return failed;
	}
	if (strcmp(how, "leaderless") == 0) {
		self = pthread_self();
		pthread_create(&thread, NULL, run_leaderless, &self);
		pthread_exit(NULL);
	}
	/* One execs, and the others end: each gets its turn, over time. */
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			threads(how[0] == 'l' ? 1 : THREADS);
			run_together(how[0] == 'l' ? "/bin/true" : NULL);
			_exit(126);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}
