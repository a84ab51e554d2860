/*
 * moorctl - the operator's tool.
 */
#include "moorctl.h"

#include "attr.h"
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
	const char *name;
	int (*run)(int argc, char *argv[]);
	const char *usage;
};

static const struct command commands[] = {
	{"doctor", command_doctor,
	 "  doctor [--json]\n"
	 "                  whether this machine can protect containers, and\n"
	 "                  what its settings leave open; exits with 1 where\n"
	 "                  something needed is missing\n"},
	{"gc", command_gc,
	 "  gc              remove what is kept of images that are gone, and\n"
	 "                  beyond cache_limit what was used least lately\n"},
	{"manifest", command_manifest,
	 "  manifest list   whose seals of volumes are kept\n"
	 "  manifest forget CONTAINER | --volume SOURCE\n"
	 "                  have the next create seal these volumes anew\n"},
	{"policy", command_policy,
	 "  policy show [--image NAME] [--namespace NAME] [--pod NAME]\n"
	 "              [--container NAME] [--runtime NAME]\n"
	 "              [--annotation KEY=VALUE]...\n"
	 "                  what would hold for such a container, and which\n"
	 "                  file says so\n"
	 "  policy check [--config FILE] [FILE]...\n"
	 "                  whether policies, or a configuration, are well "
	 "formed;\n"
	 "                  without a file those in use\n"},
};

static void show_usage(FILE *out)
{
	(void)fputs("usage: moorctl COMMAND [ARGUMENT]...\n\n", out);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		(void)fputs(commands[i].usage, out);
	(void)fputs("\n  --help, --version\n\nSee moorctl(8).\n", out);
}

int command_doctor(int argc, char *argv[])
{
	bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0;

	if (argc == 1 || as_json)
		return doctor_examine(stdout, as_json) ? EXIT_SUCCESS
						       : EXIT_FAILURE;
	(void)fprintf(stderr, "moorctl: doctor: can't tell what %s means\n",
		      strcmp(argv[1], "--json") == 0 ? argv[2] : argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";
	int status = EXIT_USAGE;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		show_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0) {
		(void)printf("moorctl version %s\n", RUNMOOR_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		status = commands[i].run(argc - 1, argv + 1);
		if (status == EXIT_USAGE)
			show_usage(stderr);
		return status;
	}
	if (*name)
		(void)fprintf(stderr, "moorctl: can't tell what %s means\n",
			      name);
	show_usage(stderr);
	return EXIT_USAGE;
}
