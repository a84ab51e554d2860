/*
 * tmpfile HOW FILE - copies a file into one that never had a name (O_TMPFILE)
 * and executes it: "link" gives it a name first, "fd" doesn't.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *program[] = {"tmpfile", NULL};
	char source[32];

	if (argc != 3)
		errx(2, "usage: tmpfile link|fd FILE");
	int from = open(argv[2], O_RDONLY | O_CLOEXEC);
	int to = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0755);

	if (from < 0 || to < 0)
		err(1, "open");
	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", to);
	int fd = open(source, O_RDONLY | O_CLOEXEC);

	if (strcmp(argv[1], "link") == 0) {
		if (linkat(AT_FDCWD, source, AT_FDCWD, "/tmp/linked",
			   AT_SYMLINK_FOLLOW) < 0)
			err(1, "linkat");
		close(to);
		execve("/tmp/linked", program, environ);
	} else {
		close(to);
		fexecve(fd, program, environ);
	}
	err(126, "tmpfile");
}
