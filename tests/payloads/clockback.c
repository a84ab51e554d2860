/*
 * clockback FILE CONTENT - overwrites FILE with CONTENT, and gives it the size
 * and all the times that it had: for its ctime the clock of the machine is
 * set back for a moment, which takes CAP_SYS_TIME.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100, BILLION = 1000 * 1000 * 1000 };

static bool same(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* start + (to - from) */
static struct timespec later(struct timespec start, struct timespec from,
			     struct timespec to)
{
	struct timespec t = {
		.tv_sec = start.tv_sec + to.tv_sec - from.tv_sec,
		.tv_nsec = start.tv_nsec + to.tv_nsec - from.tv_nsec,
	};

	if (t.tv_nsec < 0) {
		t.tv_sec--;
		t.tv_nsec += BILLION;
	}
	if (t.tv_nsec >= BILLION) {
		t.tv_sec++;
		t.tv_nsec -= BILLION;
	}
	return t;
}

static void overwrite(const char *path, const char *content, off_t size)
{
	int from = open(content, O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CLOEXEC);
	char *bytes = calloc(1, (size_t)size);

	if (from < 0 || to < 0 || !bytes ||
	    read(from, bytes, (size_t)size) <= 0 ||
	    pwrite(to, bytes, (size_t)size, 0) != size)
		err(1, "overwrite %s", path);
	free(bytes);
	close(from);
	close(to);
}

/* The clock of file times stands still within a tick. */
static void set_times(const char *path, const struct stat *wanted)
{
	struct timespec times[] = {wanted->st_atim, wanted->st_mtim};
	struct timespec real, start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	clock_gettime(CLOCK_REALTIME, &real);
	if (clock_settime(CLOCK_REALTIME, &wanted->st_ctim) < 0)
		err(1, "set the clock");
	utimensat(AT_FDCWD, path, times, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	real = later(real, start, end);
	clock_settime(CLOCK_REALTIME, &real);
}

int main(int argc, char **argv)
{
	struct stat wanted, st;

	if (argc != 3)
		errx(2, "usage: clockback FILE CONTENT");
	if (stat(argv[1], &wanted) < 0)
		err(1, "%s", argv[1]);
	for (int i = 0; i < TRIES; i++) {
		/* The file has a ctime by now that runmoor hasn't seen. */
		overwrite(argv[1], argv[2], wanted.st_size);
		set_times(argv[1], &wanted);
		if (stat(argv[1], &st) == 0 &&
		    same(st.st_ctim, wanted.st_ctim) &&
		    same(st.st_mtim, wanted.st_mtim) &&
		    st.st_size == wanted.st_size)
			return 0;
	}
	errx(1, "%s: it has another ctime", argv[1]);
}
