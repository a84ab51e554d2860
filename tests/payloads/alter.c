/*
 * alter FILE FROM TO FLAG - maps a file shared and writable, closes its
 * descriptor, makes the file FLAG, and changes one text in the mapping into
 * another of the same length, and back, again and again until FLAG is gone.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 5 || strlen(argv[2]) != strlen(argv[3]))
		errx(2, "usage: alter FILE FROM TO FLAG");
	int fd = open(argv[1], O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	size_t length = strlen(argv[2]);

	if (fd < 0 || size <= 0)
		err(1, "%s", argv[1]);
	char *map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);

	if (map == MAP_FAILED)
		err(1, "mmap %s", argv[1]);
	close(fd);
	char *text = memmem(map, (size_t)size, argv[2], length);

	if (!text)
		errx(1, "%s has no such text", argv[1]);
	close(open(argv[4], O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	for (bool to = true;; to = !to) {
		memcpy(text, argv[to ? 3 : 2], length);
		for (volatile int pause = 0; pause < 20000; pause++)
			;
		if (!to && access(argv[4], F_OK) < 0)
			break;
	}
	return 0;
}
