/*
 * lacking seccomp|openat2|ptrace PROGRAM [ARG...] - runs a program as on a
 * kernel that lacks a system call: it answers ENOSYS.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned number(const char *name)
{
	if (strcmp(name, "seccomp") == 0)
		return SYS_seccomp;
	if (strcmp(name, "openat2") == 0)
		return SYS_openat2;
	if (strcmp(name, "ptrace") == 0)
		return SYS_ptrace;
	errx(2, "no system call %s here", name);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: lacking SYSCALL PROGRAM [ARG...]");
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number(argv[1]), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, filter};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
		err(1, "seccomp");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
