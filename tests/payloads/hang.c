/*
 * hang HOW FILE [ARG...] - executes a file while it delays each process that
 * looks at that exec. HOW is
 *
 *   signals   a signal each moment, for a handler, until the exec is done
 *   stops     the same with SIGSTOP and SIGCONT
 *   kills     the executing process is killed at any moment
 *   unreaped  a tracer leaves a thread dead and not reaped, so that the exec
 *             of another waits for it; a third executes the file, at first
 *             together with that, whereby it is killed, then ever sooner
 *   mapped    the path lies in /mnt/x, mapped, whose pages may never come
 *   fault     the path lies in a page that userfaultfd brings late
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

enum { PAGE = 4096, TRIES = 200, PATIENCE_US = 300000 };

static char **program;

static void handle(int signal)
{
	(void)signal;
}

static void *execute(void *name)
{
	execve(name ? name : program[0], program, environ);
	return NULL;
}

/* Sends one of two signals in turn, each moment, for at most 20 ms. */
static void storm(pid_t pid, int one, int other)
{
	siginfo_t ended = {0};

	for (int i = 0; i < 2000 && ended.si_pid == 0; i++) {
		kill(pid, i % 2 ? one : other);
		usleep(10);
		waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT);
	}
	kill(pid, SIGCONT);
}

static void with_storm(int one, int other)
{
	for (int i = 0; i < TRIES; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGURG, handle);
			execute(NULL);
			_exit(126);
		}
		storm(pid, one, other);
		waitpid(pid, NULL, 0);
	}
}

static void killed_anywhen(void)
{
	for (int i = 0; i < 5 * TRIES; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execute(NULL);
			_exit(126);
		}
		usleep((useconds_t)(rand() % 1000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static void *idle(void *ret_tid)
{
	*(_Atomic pid_t *)ret_tid = (pid_t)syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void *execute_late(void *delay_us)
{
	usleep(*(useconds_t *)delay_us);
	return execute("/bin/true");
}

static void with_unreaped(useconds_t delay_us)
{
	_Atomic pid_t *tid = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic bool *go = (void *)(tid + 1);
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, idle, (void *)tid);
		while (!*go)
			usleep(1000);
		pthread_create(&thread, NULL, execute_late, &delay_us);
		execute(NULL);
		execute("/bin/true");
		pause();
	}
	while (!*tid)
		usleep(1000);
	if (ptrace(PTRACE_SEIZE, *tid, 0, 0) < 0)
		err(1, "seize the thread");
	*go = true;
	usleep(PATIENCE_US); /* no event shows that it was refused */
	waitpid(*tid, NULL, __WALL);
	waitpid(pid, NULL, 0);
}

static void with_mapped_path(void)
{
	int fd = open("/mnt/x", O_RDONLY | O_CLOEXEC);
	char *path = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (fd < 0 || path == MAP_FAILED)
		err(1, "map the path");
	execve(path, program, environ);
}

static void *bring_late(void *descriptor)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	struct uffd_msg message;
	int fd = *(int *)descriptor;

	strcpy(page, program[0]);
	while (read(fd, &message, sizeof(message)) > 0) {
		struct uffdio_copy copy = {
			.dst = message.arg.pagefault.address & ~(PAGE - 1UL),
			.src = (unsigned long)page,
			.len = PAGE,
		};

		usleep(PATIENCE_US);
		ioctl(fd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

static void with_fault(void)
{
	int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	int fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
	char *path = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {
		.range = {(unsigned long)path, PAGE},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 ||
	    ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		err(1, "userfaultfd");
	pthread_create(&thread, NULL, bring_late, &fd);
	/* The page is removed again each time that the exec is refused. */
	for (int i = 0; i < 5; i++) {
		execve(path, program, environ);
		madvise(path, PAGE, MADV_DONTNEED);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: hang HOW FILE [ARG...]");
	const char *how = argv[1];

	program = argv + 2;
	if (strcmp(how, "signals") == 0)
		with_storm(SIGURG, SIGURG);
	else if (strcmp(how, "stops") == 0)
		with_storm(SIGSTOP, SIGCONT);
	else if (strcmp(how, "kills") == 0)
		killed_anywhen();
	else if (strcmp(how, "unreaped") == 0)
		for (useconds_t i = 0; i < 10; i++)
			with_unreaped(i * i * 500);
	else if (strcmp(how, "mapped") == 0)
		with_mapped_path();
	else if (strcmp(how, "fault") == 0)
		with_fault();
	else
		errx(2, "no way called %s", how);
	return 0;
}
