/*
 * libmarker - a library that no image ships: loading it appends to /tmp/marker,
 * as a library, an extension or an auditor (rtld-audit(7)).
 */
#include <fcntl.h>
#include <unistd.h>

unsigned la_version(unsigned version)
{
	return version;
}

__attribute__((constructor)) static void mark(void)
{
	int fd = open("/tmp/marker", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd >= 0) {
		if (write(fd, "x", 1) != 1)
			_exit(1);
		close(fd);
	}
}
