/*
 * traceme HOW FILE - executes a file under a tracer of its own, so that the
 * supervisor's place is taken. HOW is
 *
 *   plain     trace the child and let it execute FILE
 *   rewrite   let it execute FILE's name once the system call was entered
 *             with /bin/true: the tracer rewrites the string at that stop
 *   register  ... or the register that points to it, and lets go
 *   seize     trace it by PTRACE_SEIZE, with PTRACE_O_EXITKILL, up to its exec
 *   attach    attach and detach all the time while the child tries FILE
 *   loop      a tracer that has a tracer itself, and so on: each executes FILE
 *   poke      write code of its own over FILE's first instructions
 */
#define _GNU_SOURCE
#include "code.h"
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
static char file[4096]; /* rewriting: what takes its place */

static void child(void)
{
	char *argv[] = {name, NULL};

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0)
		err(1, "PTRACE_TRACEME");
	raise(SIGSTOP);
	execve(name, argv, environ);
	err(126, "execve %s", name);
}

static void poke(pid_t pid, void *at, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(long)) {
		long word;

		memcpy(&word, (const char *)bytes + i, sizeof(word));
		ptrace(PTRACE_POKEDATA, pid, (char *)at + i, word);
	}
}

/* The path changes while the child stands at the entry of its execve. */
static void rewrite(pid_t pid, bool by_register)
{
	struct user_regs_struct regs = {0};
	int status;

	while (regs.orig_rax != SYS_execve) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			errx(1, "the child is gone");
		ptrace(PTRACE_GETREGS, pid, 0, &regs);
	}
	if (by_register) {
		regs.rdi = (unsigned long)file;
		ptrace(PTRACE_SETREGS, pid, 0, &regs);
		ptrace(PTRACE_DETACH, pid, 0, 0);
	} else {
		poke(pid, name, file, strlen(file) + 1);
	}
}

/* The code that is there at the exec event runs next. */
static void overwrite(pid_t pid)
{
	struct user_regs_struct regs;
	int status;

	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC);
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(1, "no exec");
	ptrace(PTRACE_GETREGS, pid, 0, &regs);
	poke(pid, (void *)regs.rip, code, (size_t)(code_end - code));
}

static int ended(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0,
		       WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int seize(void)
{
	static const long options = PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status, go[2];
	char byte;

	if (pipe(go) < 0)
		err(1, "pipe");
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = {name, NULL};

		if (read(go[0], &byte, 1) == 1)
			execve(name, argv, environ);
		_exit(126);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0 ||
	    write(go[1], "", 1) != 1)
		err(1, "seize");
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 126;
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return ended(pid);
}

static int attach_and_detach(void)
{
	enum { TIMES = 2000 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char *argv[] = {name, NULL};

		for (int i = 0; i < TIMES; i++)
			execve(name, argv, environ);
		_exit(126);
	}
	for (int i = 0; i < TIMES; i++) {
		if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0) {
			if (waitpid(pid, &status, 0) == pid &&
			    !WIFSTOPPED(status))
				return WEXITSTATUS(status);
			ptrace(PTRACE_DETACH, pid, 0, 0);
		}
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WEXITSTATUS(status);
	}
	return ended(pid);
}

static int loop(int depth)
{
	pid_t pid = depth > 0 ? fork() : 0;
	char *argv[] = {name, NULL};
	int status;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (depth > 0)
			loop(depth - 1);
		execve(name, argv, environ);
		_exit(126);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_CONT, pid, 0, 0);
	return ended(pid);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: traceme HOW FILE");
	const char *how = argv[1];
	bool rewriting =
		strcmp(how, "rewrite") == 0 || strcmp(how, "register") == 0;

	strncpy(rewriting ? file : name, argv[2], sizeof(name) - 1);
	if (strcmp(how, "seize") == 0)
		return seize();
	if (strcmp(how, "attach") == 0)
		return attach_and_detach();
	if (strcmp(how, "loop") == 0)
		return loop(5);
	pid_t pid = fork();
	int status;

	if (pid == 0)
		child();
	waitpid(pid, &status, 0);
	if (rewriting)
		rewrite(pid, strcmp(how, "register") == 0);
	if (strcmp(how, "poke") == 0)
		overwrite(pid);
	ptrace(PTRACE_CONT, pid, 0, 0);
	return ended(pid);
}
