/*
 * protects N - makes anonymous memory executable and writable again, N times,
 * as a JIT does, and prints the nanoseconds that one change takes.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { SIZE = 4096 };

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : 0;
	void *where = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double start = now_ns();

	if (count < 1 || where == MAP_FAILED)
		errx(2, "usage: protects N");
	for (int i = 0; i < count; i++)
		if (mprotect(where, SIZE, PROT_READ | PROT_EXEC) < 0 ||
		    mprotect(where, SIZE, PROT_READ | PROT_WRITE) < 0)
			err(1, "mprotect");
	printf("%.0f\n", (now_ns() - start) / count / 2);
	return 0;
}
