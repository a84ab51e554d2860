/*
 * execcheck FILE... - asks the kernel whether each file may run, as
 * interpreters do for their scripts (AT_EXECVE_CHECK, Linux 6.14), and prints
 * the answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

int main(int argc, char **argv)
{
	char *none[] = {NULL};

	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		long rc = syscall(SYS_execveat, fd, "", none, none,
				  AT_EMPTY_PATH | AT_EXECVE_CHECK);

		printf("%s: %s\n", argv[i], rc == 0 ? "yes" : strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return 0;
}
