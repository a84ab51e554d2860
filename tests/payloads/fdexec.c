/*
 * fdexec HOW FILE [ARG...] - executes a file through a descriptor of it, or
 * in some other way that isn't a plain path.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void by_link(const char *format, int number, int fd, char **argv)
{
	char path[64];

	snprintf(path, sizeof(path), format, number, fd);
	execve(path, argv, environ);
}

static void execveat_path(int dir, const char *path, char **argv, int flags)
{
	syscall(SYS_execveat, dir, path, argv, environ, flags);
}

/* An unlinked copy has no path that could be looked up. */
static int unlinked(int from)
{
	char path[] = "/tmp/unlinked.XXXXXX";
	int to = mkstemp(path);

	if (to < 0)
		err(1, "mkstemp");
	while (copy_file_range(from, NULL, to, NULL, 1 << 20, 0) > 0)
		;
	fchmod(to, 0755);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	unlink(path);
	close(to);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: fdexec HOW FILE [ARG...]");
	const char *how = argv[1], *file = argv[2];
	int fd = open(file, O_RDONLY);

	if (fd < 0)
		err(1, "%s", file);
	if (strcmp(how, "self") == 0)
		by_link("/proc/self/fd/%2$d", 0, fd, argv + 2);
	else if (strcmp(how, "thread-self") == 0)
		by_link("/proc/thread-self/fd/%2$d", 0, fd, argv + 2);
	else if (strcmp(how, "pid") == 0)
		by_link("/proc/%d/fd/%d", getpid(), fd, argv + 2);
	else if (strcmp(how, "dev") == 0)
		by_link("/dev/fd/%2$d", 0, fd, argv + 2);
	else if (strcmp(how, "empty") == 0)
		execveat_path(fd, "", argv + 2, AT_EMPTY_PATH);
	else if (strcmp(how, "path") == 0)
		execveat_path(open(file, O_PATH), "", argv + 2, AT_EMPTY_PATH);
	else if (strcmp(how, "unlinked") == 0)
		execveat_path(unlinked(fd), "", argv + 2, AT_EMPTY_PATH);
	else if (strcmp(how, "dirfd") == 0)
		execveat_path(open("/", O_PATH), file + 1, argv + 2, 0);
	else if (strcmp(how, "nofollow") == 0)
		execveat_path(AT_FDCWD, file, argv + 2, AT_SYMLINK_NOFOLLOW);
	else if (strcmp(how, "relative") == 0 && chdir("/") == 0)
		execve(file + 1, argv + 2, environ);
	else
		errx(2, "no way called %s", how);
	err(126, "%s by %s", file, how);
}
