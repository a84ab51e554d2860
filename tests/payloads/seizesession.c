/*
 * seizesession FILE - waits for a process that the runtime brings into this
 * pid namespace for a session, seizes it as soon as it is there, before it
 * has a seccomp filter, and turns its next system call into an execve of FILE.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its parent is outside. */
static bool is_from_outside(pid_t pid)
{
	char path[64], line[256];
	long parent = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "PPid: %ld", &parent) == 1)
			break;
	if (f)
		fclose(f);
	return parent == 0;
}

static pid_t find(void)
{
	for (;;) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;
		pid_t found = 0;

		while (proc && !found && (entry = readdir(proc))) {
			pid_t pid = atoi(entry->d_name);

			if (pid > 1 && is_from_outside(pid))
				found = pid;
		}
		if (proc)
			closedir(proc);
		if (found)
			return found;
	}
}

static void write_text(pid_t pid, unsigned long at, const char *text)
{
	for (size_t i = 0; i <= strlen(text); i += sizeof(long)) {
		long word = 0;

		memcpy(&word, text + i, strnlen(text + i, sizeof(word)));
		ptrace(PTRACE_POKEDATA, pid, at + i, word);
	}
}

static int execute(pid_t pid, const char *file)
{
	struct user_regs_struct regs = {0};
	int status;

	/* Wait until it enters one. */
	while ((long)regs.rax != -ENOSYS) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		if (waitpid(pid, &status, __WALL) != pid ||
		    !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
			errx(1, "it is gone");
	}
	unsigned long at = (regs.rsp - 4096) & ~15UL;

	write_text(pid, at, file);
	regs.orig_rax = SYS_execve;
	regs.rdi = at;
	regs.rsi = 0;
	regs.rdx = 0;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 2)
		errx(2, "usage: seizesession FILE");
	for (int i = 0; i < 100; i++) {
		pid_t pid = find();

		if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD) < 0) {
			if (errno == EPERM)
				err(1, "seize a session");
			continue;
		}
		ptrace(PTRACE_INTERRUPT, pid, 0, 0);
		if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
			return execute(pid, argv[1]);
	}
	return 1;
}
