/*
 * moorctl - the operator's tool.
 */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: moorctl doctor\n"
	"\n"
	"  doctor   whether this machine can protect containers, and what its\n"
	"           settings leave open; exits with 1 where something needed "
	"is\n"
	"           missing\n"
	"\n"
	"  --help, --version\n"
	"\n"
	"See moorctl(8).\n";

int main(int argc, char *argv[])
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0) {
		(void)fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "--version") == 0) {
		(void)printf("moorctl version %s\n", RUNMOOR_VERSION);
		return EXIT_SUCCESS;
	}
	if (strcmp(command, "doctor") == 0 && argc == 2)
		return doctor_examine(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
	if (*command)
		(void)fprintf(stderr, "moorctl: can't tell what %s%s%s means\n",
			      command, argc > 2 ? " " : "",
			      argc > 2 ? argv[2] : "");
	(void)fputs(usage, stderr);
	return 2;
}
