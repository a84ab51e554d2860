/*
 * foreign - an interpreter for programs of a machine that doesn't exist, as
 * binfmt_misc starts it: runs the last line of the file that it was given, by
 * descriptor or by name, as a command; and prints how it was started.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static FILE *open_program(const char *name)
{
	unsigned long fd = getauxval(AT_EXECFD);

	return fd ? fdopen((int)fd, "r") : fopen(name, "r");
}

int main(int argc, char *argv[])
{
	FILE *file = argc > 1 ? open_program(argv[1]) : NULL;
	char bytes[512];
	size_t len;

	if (!file)
		return 3;
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	bytes[len] = '\0';
	for (int i = 0; i < argc; i++)
		printf("%s%s", i ? " " : "", argv[i]);
	printf(": %s\n", len > 64 ? bytes + 64 : "");
	if (len > 64 && strncmp(bytes + 64, "marker", 6) == 0) {
		FILE *marker = fopen("/tmp/marker", "a");

		if (!marker || fputc('x', marker) < 0 || fclose(marker) != 0)
			return 4;
	}
	return 0;
}
