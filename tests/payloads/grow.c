/*
 * grow - FILE: a program of 64 MiB that becomes eight terabytes long as soon as
 * it is read. Prints "ready", and "grown".
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, MIBS = 64 };

int main(int argc, char *argv[])
{
	static char chunk[MIB];
	char event[4096];
	int fd, watch;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_CREAT | O_RDWR | O_TRUNC, 0755);
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; fd >= 0 && i < MIBS; i++)
		if (write(fd, chunk, MIB) != MIB)
			return 1;
	watch = inotify_init();
	if (fd < 0 || inotify_add_watch(watch, argv[1], IN_ACCESS) < 0)
		return 1;
	(void)puts("ready");
	(void)fflush(stdout);
	if (read(watch, event, sizeof(event)) <= 0 ||
	    ftruncate(fd, 8LL * MIB * MIB) < 0)
		return 1;
	(void)puts("grown");
	return 0;
}
