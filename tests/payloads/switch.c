/*
 * switch - a program of the image whose file stale_mmap alters in one byte:
 * while the byte reads 'y' it behaves like the marker. With the argument
 * "wait" it watches the byte for two seconds, in its own running image; with
 * "hop" its child goes on in its place, and so on, for ten seconds.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Read-only data, hence a page of the file itself, as code is. */
static const char state[] = "runmoor-test-switch=n";

static void mark(void)
{
	char byte = 'x'; /* not a page of its file, which FUSE may withhold */
	int fd = open("/tmp/marker", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd < 0 || write(fd, &byte, 1) != 1)
		_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	const volatile char *now = &state[sizeof(state) - 2];
	int rounds = argc > 1 && strcmp(argv[1], "wait") == 0 ? 200 : 1;

	if (argc > 1 && strcmp(argv[1], "hop") == 0) {
		time_t end = time(NULL) + 10;

		while (*now != 'y' && time(NULL) < end)
			if (fork() > 0)
				_exit(0);
	}
	while (rounds-- > 0) {
		if (*now == 'y')
			mark();
		if (rounds > 0)
			usleep(10000);
	}
	return 0;
}
