/*
 * calls COUNT - system calls that no filter of runmoor's asks about, again
 * and again, and prints how long one took on average, in nanoseconds.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
	long count = argc == 2 ? atol(argv[1]) : 0;
	uint64_t start = now();
	char byte;

	if (count < 4)
		errx(2, "usage: calls COUNT");
	for (long i = 0; i < count; i += 4) {
		int fd;

		(void)getppid();
		fd = open("/etc/passwd", O_RDONLY);
		if (fd < 0 || read(fd, &byte, 1) < 0 || close(fd) < 0)
			err(1, "/etc/passwd");
	}
	printf("%.1f\n", (double)(now() - start) / (double)count);
	return 0;
}
