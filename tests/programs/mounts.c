/*
 * Mounts a tmpfs or binds a folder, with --user in user and mount namespaces of
 * its own, and then executes a command:
 *   mounts [--user] tmpfs TO [COMMAND...]
 *   mounts [--user] --bind FROM TO [COMMAND...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

int main(int argc, char *argv[])
{
	int at = 1;
	int rc;

	if (argc > at && strcmp(argv[at], "--user") == 0) {
		at++;
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
			perror("unshare");
			return 1;
		}
		write_file("/proc/self/setgroups", "deny");
		write_file("/proc/self/uid_map", "0 0 1");
		write_file("/proc/self/gid_map", "0 0 1");
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
