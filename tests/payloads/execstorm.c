/*
 * execstorm COUNT PROGRAM [ARG...] - forks, executes and waits, one after
 * another, and prints "ok N failed N median_ns N p95_ns N".
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int run(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execv(argv[0], argv);
		_exit(126);
	}
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return status;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: execstorm COUNT PROGRAM [ARG...]");
	size_t count = strtoul(argv[1], NULL, 10), failed = 0;
	uint64_t *took = calloc(count + 1, sizeof(*took));

	if (!took)
		err(1, "calloc");
	for (size_t i = 0; i < count; i++) {
		uint64_t start = now();

		if (run(argv + 2) != 0)
			failed++;
		took[i] = now() - start;
	}
	qsort(took, count, sizeof(*took), compare);
	printf("ok %zu failed %zu median_ns %lu p95_ns %lu\n", count - failed,
	       failed, (unsigned long)took[count / 2],
	       (unsigned long)took[count * 95 / 100]);
	return failed > 0;
}
