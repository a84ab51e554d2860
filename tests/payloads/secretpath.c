/*
 * secretpath FILE [w] - executes FILE by a path in secret memory
 * (memfd_secret(2)), which no other process can read; with "w" it is mapped
 * writable only, and x86 can read it all the same.
 */
#define _GNU_SOURCE
#include <err.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

int main(int argc, char **argv)
{
	int fd = (int)syscall(SYS_memfd_secret, 0);
	char *args[] = {argc > 1 ? argv[1] : NULL, NULL};
	char *page;

	if (argc < 2 || fd < 0 || ftruncate(fd, PAGE) < 0)
		err(1, "memfd_secret");
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		err(1, "mmap");
	strcpy(page, argv[1]);
	if (argc > 2 && mprotect(page, PAGE, PROT_WRITE) < 0)
		err(1, "mprotect");
	execv(page, args);
	err(126, "%s", argv[1]);
}
