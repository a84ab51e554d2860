/*
 * mapcode HOW - runs code of a file, or of memory, that got executable in
 * another way than by a system call that maps a file. HOW is
 *
 *   int80      a file, by the 32-bit mmap2
 *   int80-old  a file, by the 32-bit mmap of old, with arguments in memory
 *   mprotect   a file, mapped readable and made executable later
 *   twice      memory that mremap(2) doubled: one to write, one to execute
 *   segment    memory that shmat(2) attached twice, in the same way
 *   segment-80, segment-ipc, segment-high
 *              the same, by the 32-bit shmat, and by the 32-bit ipc, also where
 *              the number of that has more bits than count
 */
#define _GNU_SOURCE
#include "code.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

enum { SIZE = 4096, READ_EXEC = PROT_READ | PROT_EXEC };

static void put_code(void *at)
{
	memcpy(at, code, (size_t)(code_end - code));
}

static int file(void)
{
	int fd = open("/tmp/mapcode.code", O_RDWR | O_CREAT | O_TRUNC, 0755);
	size_t size = (size_t)(code_end - code);

	if (fd < 0 || write(fd, code, size) != (ssize_t)size ||
	    ftruncate(fd, SIZE) < 0)
		err(1, "write the code");
	return fd;
}

static void *result_of(unsigned result)
{
	if (result < -4095U)
		return (void *)(unsigned long)result;
	errno = (int)-result;
	return MAP_FAILED;
}

static void *by_int80(int fd)
{
	unsigned result;

	/* The sixth argument, the offset, is in a register that is taken. */
	__asm__ volatile("push %%rbp\n"
			 "xor %%ebp, %%ebp\n"
			 "int $0x80\n"
			 "pop %%rbp\n"
			 : "=a"(result)
			 : "a"(192), "b"(0), "c"(SIZE), "d"(READ_EXEC),
			   "S"(MAP_PRIVATE), "D"(fd)
			 : "memory");
	return result_of(result);
}

static void *by_old_int80(int fd)
{
	unsigned *words = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	unsigned result;

	if (words == MAP_FAILED)
		return MAP_FAILED;
	words[1] = SIZE;
	words[2] = READ_EXEC;
	words[3] = MAP_PRIVATE;
	words[4] = (unsigned)fd;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(90), "b"(words)
			 : "memory");
	return result_of(result);
}

static void *by_mprotect(int fd)
{
	void *at = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED || mprotect(at, SIZE, READ_EXEC) < 0)
		return MAP_FAILED;
	return at;
}

/* Neither mapping is ever writable and executable, nor becomes executable
 * later. */
static void *twice(void)
{
	void *run =
		mmap(NULL, SIZE, READ_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *change = mremap(run, 0, SIZE, MREMAP_MAYMOVE);

	if (run == MAP_FAILED || change == MAP_FAILED ||
	    mprotect(change, SIZE, PROT_READ | PROT_WRITE) < 0)
		return MAP_FAILED;
	put_code(change);
	return run;
}

/* Attach by shmat, 397, or by ipc, 117, with the number of a call and its
 * version. */
static void *attach_by_int80(int id, unsigned call)
{
	unsigned *where = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	const int flags = SHM_RDONLY | SHM_EXEC;
	unsigned result;

	if (where == MAP_FAILED)
		return MAP_FAILED;
	if (!call) {
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(397), "b"(id), "c"(0), "d"(flags)
				 : "memory");
		return result_of(result);
	}
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(117), "b"(call), "c"(id), "d"(flags), "S"(where),
			   "D"(0)
			 : "memory");
	return result ? result_of(result) : result_of(*where);
}

static void *segment(const char *how)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	void *change = shmat(id, NULL, 0);
	void *run;

	if (strcmp(how, "segment-80") == 0)
		run = attach_by_int80(id, 0);
	else if (strcmp(how, "segment-ipc") == 0)
		run = attach_by_int80(id, 21);
	else if (strcmp(how, "segment-high") == 0)
		run = attach_by_int80(id, 21 | 2 << 16);
	else
		run = shmat(id, NULL, SHM_RDONLY | SHM_EXEC);
	shmctl(id, IPC_RMID, NULL);
	if (change == MAP_FAILED || run == MAP_FAILED)
		return MAP_FAILED;
	put_code(change);
	return run;
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	void *where;

	if (strcmp(how, "int80") == 0)
		where = by_int80(file());
	else if (strcmp(how, "int80-old") == 0)
		where = by_old_int80(file());
	else if (strcmp(how, "mprotect") == 0)
		where = by_mprotect(file());
	else if (strcmp(how, "twice") == 0)
		where = twice();
	else if (strncmp(how, "segment", strlen("segment")) == 0)
		where = segment(how);
	else
		errx(2,
		     "usage: mapcode "
		     "int80|int80-old|mprotect|twice|segment[-80|-ipc|-high]");
	if (where == MAP_FAILED)
		err(126, "%s", how);
	((void (*)(void))where)();
	return 1;
}
