/*
 * marker - a program that no image ships: it appends a byte to the file named
 * by its argument (default /tmp/marker), so that its runs can be counted.
 */
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/tmp/marker";
	char byte = 'x'; /* not a page of its file, which FUSE may withhold */
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);

	return fd < 0 || write(fd, &byte, 1) != 1;
}
