/*
 * inject HOW [PROGRAM [ARG...]] - starts a program of the image, waits until
 * that waits in a system call, and puts code of its own at the address to which
 * the call returns. HOW is
 *
 *   ptrace  by PTRACE_POKETEXT
 *   mem     by /proc/PID/mem
 *   file    into the file that this is mapped from
 *   jit     by process_vm_writev(2), into memory of a child that is writable
 *           and executable, as a compiler at run time has it
 */
#define _GNU_SOURCE
#include "code.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* The address to which a waiting process returns; 0 while it runs. */
static unsigned long waits_at(pid_t pid)
{
	char path[64], line[256] = "", *last;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	f = fopen(path, "r");
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	last = strrchr(line, ' ');
	/* Only clock_nanosleep and nanosleep count: the program is past its
	 * start then. */
	if (!last || (strncmp(line, "230 ", 4) && strncmp(line, "35 ", 3)))
		return 0;
	return strtoul(last, NULL, 16);
}

static void by_ptrace(pid_t pid, unsigned long at)
{
	size_t size = (size_t)(code_end - code);
	int status;

	if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0)
		err(126, "attach");
	waitpid(pid, &status, 0);
	for (size_t i = 0; i < size; i += sizeof(long)) {
		long word;

		memcpy(&word, code + i, sizeof(word));
		if (ptrace(PTRACE_POKETEXT, pid, at + i, word) < 0)
			err(126, "poke");
	}
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void into(const char *path, unsigned long at)
{
	size_t size = (size_t)(code_end - code);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, code, size, (off_t)at) != (ssize_t)size)
		err(126, "write to %s", path);
	close(fd);
}

static void by_mem(pid_t pid, unsigned long at)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	into(path, at);
}

static void by_file(pid_t pid, unsigned long at)
{
	unsigned long start, end, offset;
	char line[4096], path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %4095s", &start, &end,
			   &offset, path) == 4 &&
		    start <= at && at < end) {
			into(path, at - start + offset);
			break;
		}
	if (f)
		fclose(f);
}

static pid_t start(char **argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		err(126, "%s", argv[0]);
	}
	return pid;
}

static int jit(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec from = {(void *)code, (size_t)(code_end - code)};
	struct iovec to = {at, from.iov_len};
	int status;

	if (at == MAP_FAILED)
		err(126, "mmap");
	memset(at, 0, PAGE);
	pid_t pid = fork();

	if (pid == 0) {
		while (!*(volatile char *)at)
			;
		usleep(1000); /* it is written from its start */
		((void (*)(void))at)();
	}
	if (process_vm_writev(pid, &from, 1, &to, 1, 0) < 0)
		err(126, "process_vm_writev");
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*inject)(pid_t pid, unsigned long at);
	} ways[] = {{"ptrace", by_ptrace}, {"mem", by_mem}, {"file", by_file}};
	unsigned long at;
	int status;

	if (argc == 2 && strcmp(argv[1], "jit") == 0)
		return jit();
	if (argc < 3)
		errx(2, "usage: inject HOW PROGRAM [ARG...]");
	pid_t pid = start(argv + 2);

	while (!(at = waits_at(pid))) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			errx(126, "%s has ended", argv[2]);
		usleep(1000);
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			ways[i].inject(pid, at);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
