/*
 * traceme HOW FILE - executes a file under a tracer of its own, so that the
 * supervisor's place is taken. HOW is
 *
 *   plain     trace the child and let it execute FILE
 *   rewrite   let it execute FILE's name once the system call was entered
 *             with /bin/true: the tracer rewrites the string at that stop
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[4096] = "/bin/true";

static void child(void)
{
	char *argv[] = {name, NULL};

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		err(1, "PTRACE_TRACEME");
	raise(SIGSTOP);
	execve(name, argv, environ);
	err(126, "execve %s", name);
}

/* The string changes while the child stands at the entry of its execve. */
static void rewrite(pid_t pid, const char *file)
{
	struct user_regs_struct regs = {0};
	int status;

	while (regs.orig_rax != SYS_execve) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			errx(1, "the child is gone");
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
	}
	for (size_t i = 0; i <= strlen(file); i += sizeof(long)) {
		long word;

		memcpy(&word, file + i, sizeof(word));
		ptrace(PTRACE_POKEDATA, pid, name + i, word);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: traceme plain|rewrite FILE");
	static char file[4096];
	bool rewriting = strcmp(argv[1], "rewrite") == 0;

	strncpy(rewriting ? file : name, argv[2], sizeof(name) - 1);
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child();
	waitpid(pid, &status, 0);
	if (rewriting)
		rewrite(pid, file);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0,
		       WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
