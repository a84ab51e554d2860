/*
 * exiting ONE OTHER MIB TRIES - executes ONE, which is exchanged for OTHER all
 * the time, while a tracer of its own ends, which takes long: it has MIB of
 * memory to give back, and is a tracer until then.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PF_EXITING 0x4

/* proc_pid_stat(5): -1 where it is gone, or a zombie. */
static int ends(pid_t pid)
{
	char path[64], text[1024], state = 'Z';
	unsigned flags = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (!strrchr(text, ')') ||
	    sscanf(strrchr(text, ')'), ") %c %*d %*d %*d %*d %*d %u", &state,
		   &flags) != 2 ||
	    state == 'Z')
		return -1;
	return (flags & PF_EXITING) != 0;
}

static void trace_and_end(pid_t target, size_t size, volatile pid_t *ready)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	madvise(memory, size, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < size; at += 4096)
		memory[at] = 1;
	if (ptrace(PTRACE_SEIZE, target, 0, 0) < 0)
		err(1, "seize");
	*ready = getpid();
	_exit(0);
}

static void execute(const char *path, volatile const pid_t *tracer)
{
	int ending;

	while (!*tracer)
		usleep(100);
	while ((ending = ends(*tracer)) == 0)
		sched_yield();
	if (ending > 0)
		execl(path, path, (char *)NULL);
	_exit(1);
}

static void exchange(const char *one, const char *other)
{
	const struct timespec pause = {.tv_nsec = 300000};

	for (;;) {
		syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other,
			RENAME_EXCHANGE);
		nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	volatile pid_t *ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (argc != 5)
		errx(2, "usage: exiting ONE OTHER MIB TRIES");
	pid_t swapper = fork();
	if (swapper == 0)
		exchange(argv[1], argv[2]);
	for (int left = atoi(argv[4]); left > 0; left--) {
		*ready = 0;
		pid_t target = fork();
		if (target == 0)
			execute(argv[1], ready);
		pid_t tracer = fork();
		if (tracer == 0)
			trace_and_end(target, (size_t)atoi(argv[3]) << 20,
				      ready);
		waitpid(target, NULL, 0);
		kill(tracer, SIGKILL);
		waitpid(tracer, NULL, 0);
	}
	kill(swapper, SIGKILL);
	return 0;
}
