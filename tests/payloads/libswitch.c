/*
 * libswitch - a library whose constructor watches one byte of its own code, for
 * at most thirty seconds, and leaves the marker once that is altered.
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { AS_SHIPPED = 0x6e6e6e6e };

static __attribute__((noinline)) int state(void)
{
	int it;

	__asm__ volatile("movl $0x6e6e6e6e, %0" : "=r"(it));
	return it;
}

static __attribute__((constructor)) void start(void)
{
	time_t end = time(NULL) + 30;

	while (state() == AS_SHIPPED && time(NULL) < end)
		usleep(10000);
	if (state() != AS_SHIPPED) {
		int fd = open("/tmp/marker", O_WRONLY | O_CREAT | O_APPEND,
			      0666);

		if (write(fd, "x", 1) == 1)
			_exit(0);
	}
}
