/* libmarker - the library no image ships: loading it appends to /tmp/marker. */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void mark(void)
{
	int fd = open("/tmp/marker", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd >= 0) {
		if (write(fd, "x", 1) != 1)
			_exit(1);
		close(fd);
	}
}
