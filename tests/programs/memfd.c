/* memfd FILE [ARG...] - copies a file into a memfd and executes that. */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: memfd FILE [ARG...]");
	int from = open(argv[1], O_RDONLY | O_CLOEXEC);
	int to = memfd_create("memory", MFD_CLOEXEC);

	if (from < 0 || to < 0)
		err(1, "%s", argv[1]);
	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	fexecve(to, argv + 1, environ);
	err(126, "fexecve");
}
