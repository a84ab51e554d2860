/*
 * implied-32 - runs code of a file that it writes itself and maps readable, no
 * more. It is a 32-bit program without PT_GNU_STACK, as old ones are: for such
 * a program the kernel makes readable mappings executable. It has no C library,
 * whose parts would bring PT_GNU_STACK along.
 */
#include <fcntl.h>
#include <sys/mman.h>

enum { EXIT = 252, OPEN = 5, WRITE = 4, FTRUNCATE = 93, MMAP = 192 };

/* Position-independent: append a byte to /tmp/marker, and exit. */
__asm__("code: mov $5, %eax\n"
	"call 1f\n"
	".asciz \"/tmp/marker\"\n"
	"1: pop %ebx\n"
	"mov $0x441, %ecx\n" /* O_WRONLY | O_CREAT | O_APPEND */
	"mov $0666, %edx\n"
	"int $0x80\n"
	"push $'x'\n"
	"mov %eax, %ebx\n"
	"mov $4, %eax\n"
	"mov %esp, %ecx\n"
	"mov $1, %edx\n"
	"int $0x80\n"
	"mov $252, %eax\n"
	"xor %ebx, %ebx\n"
	"int $0x80\n"
	"code_end:\n");
extern const char code[], code_end[];

static long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

static long map(long fd)
{
	long result;

	__asm__ volatile("push %%ebp\n"
			 "xor %%ebp, %%ebp\n"
			 "int $0x80\n"
			 "pop %%ebp"
			 : "=a"(result)
			 : "a"(MMAP), "b"(0), "c"(4096), "d"(PROT_READ),
			   "S"(MAP_PRIVATE), "D"(fd)
			 : "memory");
	return result;
}

void _start(void)
{
	long fd = call(OPEN, (long)"/tmp/implied.code",
		       O_RDWR | O_CREAT | O_TRUNC, 0755);

	call(WRITE, fd, (long)code, code_end - code);
	call(FTRUNCATE, fd, 4096, 0);
	((void (*)(void))map(fd))();
	call(EXIT, 1, 0, 0);
}
