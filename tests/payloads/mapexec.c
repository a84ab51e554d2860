/*
 * mapexec HOW [FILE] - runs code of a file that it writes itself, from a
 * mapping of that file instead of by execve; FILE may be a device. HOW is
 *
 *   map          mapped readable and executable
 *   implied      mapped readable under personality(READ_IMPLIES_EXEC)
 *   mprotect     mapped readable, made executable later
 *   anonymous    copied to anonymous memory, made executable later; that is
 *                no file, and the code does nothing but return
 *   replace      an anonymous executable mapping, covered by the file
 *   memory       as map, of a file in memory that is no ELF, as UPX unpacks
 *   descriptor   what is open as 3 is mapped, though it holds no code
 *   zero         as anonymous, in memory of /dev/zero that is mapped so
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

enum { SIZE = 4096 };

/* Position-independent: open /tmp/marker and write a byte. */
__asm__("code: mov $2, %eax\n"
	"lea code_path(%rip), %rdi\n"
	"mov $0x441, %esi\n"
	"mov $0666, %edx\n"
	"syscall\n"
	"mov %eax, %edi\n"
	"mov $1, %eax\n"
	"lea code_path(%rip), %rsi\n"
	"mov $1, %edx\n"
	"syscall\n"
	"ret\n"
	"code_path: .asciz \"/tmp/marker\"\n"
	"code_end:\n");
extern const char code[], code_end[];

static int write_code(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0755)
		      : memfd_create("unpacked", MFD_CLOEXEC);
	char page[SIZE] = {0};

	memcpy(page, code, (size_t)(code_end - code));
	if (fd < 0 || write(fd, page, SIZE) != SIZE)
		err(1, "write the code");
	return fd;
}

static int run_zero(void)
{
	int fd = open("/dev/zero", O_RDWR);
	unsigned char *where =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		     MAP_PRIVATE, fd, 0);

	if (where == MAP_FAILED)
		err(126, "mmap");
	where[0] = 0xc3; /* ret */
	((void (*)(void))(void *)where)();
	return 0;
}

/* Run code as a JIT does. */
static int run_anonymous(void)
{
	unsigned char *where = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (where == MAP_FAILED)
		err(126, "mmap");
	where[0] = 0xc3; /* ret */
	if (mprotect(where, SIZE, PROT_READ | PROT_EXEC) < 0)
		err(126, "mprotect");
	((void (*)(void))(void *)where)();
	return 0;
}

static void *map(int fd, const char *how)
{
	int prot = PROT_READ;
	void *at = NULL;
	int flags = MAP_PRIVATE;

	if (strcmp(how, "map") == 0 || strcmp(how, "memory") == 0)
		prot |= PROT_EXEC;
	if (strcmp(how, "implied") == 0 && personality(READ_IMPLIES_EXEC) < 0)
		err(126, "personality");
	if (strcmp(how, "replace") == 0) {
		at = mmap(NULL, SIZE, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		prot |= PROT_EXEC;
		flags |= MAP_FIXED;
	}
	return mmap(at, SIZE, prot, flags, fd, 0);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: mapexec "
			"map|implied|mprotect|anonymous|replace|zero [FILE]");
	if (strcmp(argv[1], "zero") == 0)
		return run_zero();
	if (strcmp(argv[1], "descriptor") == 0) {
		if (map(3, "map") == MAP_FAILED)
			err(126, "mmap");
		return 0;
	}
	if (strcmp(argv[1], "anonymous") == 0)
		return run_anonymous();
	const char *path = argc > 2 ? argv[2] : "/tmp/mapexec.code";
	void *where = map(write_code(strcmp(argv[1], "memory") ? path : NULL),
			  argv[1]);

	if (where == MAP_FAILED)
		err(126, "mmap");
	if (strcmp(argv[1], "mprotect") == 0 &&
	    mprotect(where, SIZE, PROT_READ | PROT_EXEC) < 0)
		err(126, "mprotect");
	((void (*)(void))where)();
	return 0;
}
