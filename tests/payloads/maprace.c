/*
 * maprace LISTED COUNT - maps a descriptor executable COUNT times, while a
 * thread turns it between LISTED, a file of the image, and a file of code of
 * our own. Runs that code, in a child, whenever it got it, and prints
 * "listed N own N refused N".
 */
#define _GNU_SOURCE
#include "code.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096, TURNED_FD = 100 };

static int files[2]; /* listed, own */

static void *turn(void *argument)
{
	for (int i = 0;; i ^= 1) {
		if (dup2(files[i], TURNED_FD) < 0)
			err(1, "dup2");
		for (volatile int pause = 0; pause < 2000; pause++)
			;
	}
	return argument;
}

static void run(void *where)
{
	pid_t pid = fork();

	if (pid == 0)
		((void (*)(void))where)();
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	int listed = 0, own = 0, refused = 0;
	size_t size = (size_t)(code_end - code);
	pthread_t thread;

	if (argc != 3)
		errx(2, "usage: maprace LISTED COUNT");
	files[0] = open(argv[1], O_RDONLY);
	files[1] = open("/tmp/maprace.code", O_RDWR | O_CREAT | O_TRUNC, 0755);
	if (files[0] < 0 || files[1] < 0 ||
	    write(files[1], code, size) != (ssize_t)size ||
	    ftruncate(files[1], SIZE) < 0 || dup2(files[0], TURNED_FD) < 0 ||
	    pthread_create(&thread, NULL, turn, NULL) != 0)
		err(1, "prepare");
	for (int i = atoi(argv[2]); i > 0; i--) {
		void *where = mmap(NULL, SIZE, PROT_READ | PROT_EXEC,
				   MAP_PRIVATE, TURNED_FD, 0);

		if (where == MAP_FAILED) {
			refused++;
			continue;
		}
		if (memcmp(where, code, size) == 0) {
			own++;
			run(where);
		} else {
			listed++;
		}
		munmap(where, SIZE);
	}
	printf("listed %d own %d refused %d\n", listed, own, refused);
	return 0;
}
