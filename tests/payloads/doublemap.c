/*
 * doublemap HOW - writes code through a writable mapping and runs it through
 * an executable one, as just-in-time compilers do, and prints what it returns.
 * HOW is where the code lies:
 *
 *   memfd        a file in memory, as in .NET
 *   tmpfile      a nameless file in /tmp, as in libffi
 *   memory       memory that is made executable once it is written
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE = 1 << 16 };

/* mov $42, %eax; ret */
static const unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};

static void *map(int protection, int flags, int fd)
{
	void *at = mmap(NULL, SIZE, protection, flags, fd, 0);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static void *write_memory(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memcpy(at, code, sizeof(code));
	if (mprotect(at, SIZE, PROT_READ | PROT_EXEC) < 0)
		err(1, "mprotect");
	return at;
}

static void *write_file(int fd)
{
	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		err(1, "file");
	void *writable = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	void *executable = map(PROT_READ | PROT_EXEC, MAP_SHARED, fd);

	memcpy(writable, code, sizeof(code));
	return executable;
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	int (*call)(void);
	void *at;

	if (strcmp(how, "memfd") == 0)
		at = write_file(memfd_create("doublemapper", MFD_CLOEXEC));
	else if (strcmp(how, "tmpfile") == 0)
		at = write_file(open("/tmp", O_TMPFILE | O_RDWR, 0700));
	else if (strcmp(how, "memory") == 0)
		at = write_memory();
	else
		errx(2, "usage: doublemap memfd|tmpfile|memory");
	memcpy(&call, &at, sizeof(call));
	printf("%s %d\n", how, call());
	return 0;
}
