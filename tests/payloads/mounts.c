/*
 * mounts - mounts a tmpfs or binds a folder, with --user in user and mount
 * namespaces of its own, and then executes a command:
 *   mounts [--user] tmpfs TO [COMMAND...]
 *   mounts [--user] --bind FROM TO [COMMAND...]
 */
#define _GNU_SOURCE
#include "namespaces.h"
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int at = 1;
	int rc;

	if (argc > at && strcmp(argv[at], "--user") == 0) {
		at++;
		enter_namespaces();
	}
	if (argc < at + 2)
		return 2;
	if (strcmp(argv[at], "tmpfs") == 0) {
		mkdir(argv[at + 1], 0755);
		rc = mount("none", argv[at + 1], "tmpfs", 0, NULL);
		at += 2;
	} else {
		if (argc < at + 3)
			return 2;
		rc = mount(argv[at + 1], argv[at + 2], NULL, MS_BIND, NULL);
		at += 3;
	}
	if (rc < 0) {
		perror("mount");
		return 1;
	}
	if (argc == at)
		return 0;
	execv(argv[at], &argv[at]);
	perror(argv[at]);
	return 126;
}
