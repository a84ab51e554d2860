/*
 * leased FILE CONTENT N - executes FILE, on which it holds a lease (fcntl(2),
 * F_SETLEASE): a process that opens FILE waits until the lease is given back.
 * At the Nth open CONTENT replaces the content of FILE.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char bytes[4 * 1024 * 1024];

static ssize_t read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (n <= 0)
		err(1, "%s", path);
	close(fd);
	return n;
}

/* No other process may have it open. */
static int lease(const char *path, pid_t child)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

		if (fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (child && waitpid(child, NULL, WNOHANG) == child)
			exit(0);
	}
}

/* It may still be open for writing, while a close is under way. */
static pid_t execute(const char *path, int leased)
{
	char *args[] = {(char *)path, NULL};
	pid_t child = fork();

	if (child == 0) {
		close(leased);
		do
			execv(path, args);
		while (errno == ETXTBSY);
		err(126, "%s", path);
	}
	return child;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		errx(2, "usage: leased FILE CONTENT N");
	signal(SIGIO, SIG_IGN);
	ssize_t size = read_file(argv[2]);
	int left = atoi(argv[3]);
	int fd = lease(argv[1], 0);
	pid_t child = execute(argv[1], fd);

	while (left > 0 && waitpid(child, NULL, WNOHANG) == 0) {
		if (fcntl(fd, F_GETLEASE) == F_WRLCK)
			continue;
		if (--left == 0 && pwrite(fd, bytes, (size_t)size, 0) != size)
			err(1, "overwrite %s", argv[1]);
		close(fd);
		if (left > 0)
			fd = lease(argv[1], child);
	}
	waitpid(child, NULL, 0);
	return 0;
}
