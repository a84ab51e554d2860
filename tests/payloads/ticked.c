/*
 * ticked MICROSECONDS restart|again PROGRAM [ARG...] - executes a program while
 * a timer signals it all the time, as Go's runtime does itself. Its handler has
 * SA_RESTART, or hasn't, and then it calls execve again as often as that is
 * interrupted.
 *
 * ticked MICROSECONDS map FILE [TIMES] - maps a file executable meanwhile.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void handle(int signal)
{
	(void)signal;
}

/* SIGURG, which is ignored once the program has been executed. */
static void tick(long us, int flags)
{
	struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGURG,
	};
	struct itimerspec when = {
		.it_interval.tv_nsec = us * 1000,
		.it_value.tv_nsec = us * 1000,
	};
	timer_t timer;

	if (sigaction(SIGURG, &action, NULL) < 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, 0, &when, NULL) < 0)
		err(1, "timer");
}

static int map(const char *path, int times)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	while (times-- > 0)
		if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
			 0) == MAP_FAILED)
			err(1, "mmap");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: ticked MICROSECONDS restart|again|map FILE "
			"[ARG...]");
	tick(atol(argv[1]), strcmp(argv[2], "again") ? SA_RESTART : 0);
	if (strcmp(argv[2], "map") == 0)
		return map(argv[3], argc > 4 ? atoi(argv[4]) : 1);
	do
		execv(argv[3], argv + 3);
	while (errno == EINTR);
	err(126, "%s", argv[3]);
}
