/*
 * int80 FILE - executes a file by the 32-bit system call table, from a 64-bit
 * program: execve is 11 there, and 358 is execveat ("int80 FILE at").
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: int80 FILE [at]");
	/* 32-bit pointers: everything it reads must lie below 4 GiB. */
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		err(1, "mmap");
	unsigned *words = (unsigned *)(void *)(low + 4096);

	snprintf(low, 4096, "%s", argv[1]);
	words[0] = (unsigned)(unsigned long)low;
	long result;

	if (argc > 2)
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(358), "b"(AT_FDCWD), "c"(low),
				   "d"(words), "S"(words + 1), "D"(0)
				 : "memory");
	else
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(11), "b"(low), "c"(words), "d"(words + 1)
				 : "memory");
	warnx("%s: %s", argv[1], strerror((int)-result));
	return 126;
}
