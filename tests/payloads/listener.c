/*
 * listener FILE - puts a seccomp filter of its own with a listener on top, and
 * a thread that lets everything continue, then executes a file. If it can't get
 * a listener, it uses a filter that allows everything.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int install(unsigned long answer, unsigned flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, (unsigned)answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, filter};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &program);
}

static void *answer(void *listener)
{
	int fd = *(int *)listener;

	for (;;) {
		struct seccomp_notif request = {0};

		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0)
			continue;
		struct seccomp_notif_resp response = {
			.id = request.id,
			.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static int listener;
	pthread_t thread;
	int status;

	if (argc != 2)
		errx(2, "usage: listener FILE");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = install(SECCOMP_RET_USER_NOTIF,
			   SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (listener >= 0)
		pthread_create(&thread, NULL, answer, &listener);
	else if (install(SECCOMP_RET_ALLOW, 0) < 0)
		err(1, "seccomp");
	pid_t pid = fork();

	if (pid == 0) {
		execve(argv[1], argv + 1, environ);
		err(126, "%s", argv[1]);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
