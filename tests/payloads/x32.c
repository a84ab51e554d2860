/*
 * x32 [FILE [at]] - executes a file by the numbers of the x32 ABI: 520 is
 * execve there, and 545 execveat. Without a file: whether this machine knows
 * them.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { X32 = 0x40000000, EXECVE = X32 | 520, EXECVEAT = X32 | 545 };

int main(int argc, char **argv)
{
	if (argc < 2)
		return syscall(X32 | SYS_getpid) != getpid();

	/* Pointers of 32 bits: the path and the list lie below 4 GiB. */
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED || strlen(argv[1]) >= 4096)
		errx(1, "no memory");
	uint32_t *list = (uint32_t *)(void *)(low + 4096);

	strcpy(low, argv[1]);
	list[0] = (uint32_t)(uintptr_t)low;
	if (argc > 2)
		syscall(EXECVEAT, AT_FDCWD, low, list, list + 1, 0);
	else
		syscall(EXECVE, low, list, list + 1);
	err(126, "%s", argv[1]);
}
