/*
 * filters HOW FILE - puts a seccomp filter of its own on top of whatever is
 * there, then executes a file. The filter
 *
 *   allow   allows every call
 *   errno   says that execve succeeded, without doing it; FILE goes by execveat
 *   trap    traps execve; the handler of SIGSYS executes FILE by execveat
 *   trace   hands getppid to a tracer, which makes an execve of it there
 *   skip    hands execve to a tracer, which makes an execveat of it there
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static char **program;

static void install(long call, unsigned answer)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog all = {4, filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all) < 0)
		err(1, "seccomp");
}

static void by_execveat(int unused)
{
	(void)unused;
	syscall(SYS_execveat, AT_FDCWD, program[0], program, environ, 0);
	_exit(126);
}

/* The arguments of both calls at once: 59 is execve, 322 execveat. */
static void call_traced(long call)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (call == SYS_getppid)
		syscall(call, program[0], program, environ);
	else
		syscall(call, "/bin/true", program, environ);
	_exit(126);
}

/* Makes the first call that the filter hands over an exec of FILE. */
static int trace(pid_t pid, long call)
{
	static const long options = PTRACE_O_TRACESECCOMP;
	struct user_regs_struct regs;
	int status;

	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, options);
	ptrace(PTRACE_CONT, pid, 0, 0);
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			ptrace(PTRACE_GETREGS, pid, 0, &regs);
			regs.orig_rax = SYS_execve;
			if (call == SYS_execve) {
				regs.orig_rax = SYS_execveat;
				regs.r10 = regs.rdx;
				regs.rdx = regs.rsi;
				regs.rsi = (unsigned long)program[0];
				regs.rdi = (unsigned long)AT_FDCWD;
				regs.r8 = 0;
			}
			ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: filters allow|errno|trap|trace|skip FILE");
	const char *how = argv[1];

	program = argv + 2;
	if (strcmp(how, "allow") == 0) {
		install(SYS_execve, SECCOMP_RET_ALLOW);
		execve(program[0], program, environ);
	} else if (strcmp(how, "errno") == 0) {
		install(SYS_execve, SECCOMP_RET_ERRNO);
		if (execve(program[0], program, environ) == 0)
			by_execveat(0);
	} else if (strcmp(how, "trap") == 0) {
		signal(SIGSYS, by_execveat);
		install(SYS_execve, SECCOMP_RET_TRAP);
		execve(program[0], program, environ);
	} else {
		long call = *how == 't' ? SYS_getppid : SYS_execve;

		install(call, SECCOMP_RET_TRACE);
		pid_t pid = fork();

		if (pid == 0)
			call_traced(call);
		return trace(pid, call);
	}
	err(126, "%s", program[0]);
}
