/*
 * memfd [--sealed|--unshrinkable] FILE [ARG...] - copies a file into a memfd
 * and executes that; with all seals, as runc's clone of itself, or with all but
 * the one against writing.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int seals = 0;

	if (argc > 1 && argv[1][0] == '-') {
		seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
		if (strcmp(argv[1], "--sealed") == 0)
			seals |= F_SEAL_WRITE;
		argv++;
		argc--;
	}
	if (argc < 2)
		errx(2, "usage: memfd [--sealed|--unshrinkable] FILE [ARG...]");
	int from = open(argv[1], O_RDONLY | O_CLOEXEC);
	int to = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (from < 0 || to < 0)
		err(1, "%s", argv[1]);
	while (sendfile(to, from, NULL, 1 << 20) > 0)
		;
	if (seals && fcntl(to, F_ADD_SEALS, seals) < 0)
		err(1, "seal");
	fexecve(to, argv + 1, environ);
	err(126, "fexecve");
}
