/*
 * outsider PID - traces a process and whatever it forks, and lets them do as
 * they like, until it is ended itself.
 */
#define _GNU_SOURCE
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static void go_on(pid_t pid, int status)
{
	int event = status >> 16;
	int signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
		ptrace(PTRACE_LISTEN, pid, 0, 0);
	else
		ptrace(PTRACE_CONT, pid, 0, event ? 0 : signal);
}

int main(int argc, char **argv)
{
	const long options =
		PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	int status;
	pid_t pid;

	if (argc != 2)
		errx(2, "usage: outsider PID");
	if (ptrace(PTRACE_SEIZE, (pid_t)atoi(argv[1]), 0, options) < 0)
		err(1, "seize %s", argv[1]);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			go_on(pid, status);
	return 0;
}
