/*
 * detached HOW FILE [OVER] - executes a file from a mount that the new mount
 * calls made, in user and mount namespaces of its own. HOW is
 *
 *   new        a tmpfs that is mounted nowhere, by execveat
 *   new-link   ... by /proc/self/fd/N
 *   tree       a copy of the mount of FILE's folder, by execveat
 *   file       a copy of the mount of FILE itself, by AT_EMPTY_PATH
 *   mapped     a tmpfs, mounted nowhere, whose owners are mapped
 *   over       a copy of the mount of FILE, moved over OVER
 *   beneath    ... moved beneath what is mounted over OVER, which then goes
 */
#define _GNU_SOURCE
#include "namespaces.h"
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x200
#endif

static const char *file;

static int copy_into(int folder)
{
	int from = open(file, O_RDONLY | O_CLOEXEC);
	int to = openat(folder, "x", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char bytes[65536];
	ssize_t n;

	if (from < 0 || to < 0)
		err(1, "copy %s", file);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (write(to, bytes, (size_t)n) != n)
			err(1, "write");
	close(to);
	close(from);
	return folder;
}

static int new_tmpfs(void)
{
	int fs = (int)syscall(SYS_fsopen, "tmpfs", 0);

	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	int folder = (int)syscall(SYS_fsmount, fs, 0, 0);

	if (folder < 0)
		err(1, "fsmount");
	return copy_into(folder);
}

static int copy_of_mount(const char *path)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
				OPEN_TREE_CLONE | O_CLOEXEC);

	if (tree < 0)
		err(1, "open_tree %s", path);
	return tree;
}

/* The user namespace of a child that does nothing else. */
static int another_user_namespace(void)
{
	char path[64];
	int ready[2];

	if (pipe(ready) < 0)
		err(1, "pipe");
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	if (read(ready[0], path, 1) != 1)
		errx(1, "no user namespace");
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	write_file(path, "0 0 1");
	snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	write_file(path, "deny");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	write_file(path, "0 0 1");
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd;
}

static int mapped_tmpfs(void)
{
	int folder = new_tmpfs();
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (unsigned)another_user_namespace(),
	};

	if (syscall(SYS_mount_setattr, folder, "", AT_EMPTY_PATH, &attr,
		    sizeof(attr)) < 0)
		err(1, "mount_setattr");
	return folder;
}

static void move_over(const char *over, unsigned flags)
{
	if (syscall(SYS_move_mount, copy_of_mount(file), "", AT_FDCWD, over,
		    MOVE_MOUNT_F_EMPTY_PATH | flags) < 0)
		err(1, "move_mount to %s", over);
}

static void move_beneath(const char *over)
{
	if (mount(over, over, NULL, MS_BIND, NULL) < 0)
		err(1, "bind %s", over);
	move_over(over, MOVE_MOUNT_BENEATH);
	if (umount2(over, MNT_DETACH) < 0)
		err(1, "umount %s", over);
}

static void execute(int folder, const char *name)
{
	char *argv[] = {"x", NULL};

	syscall(SYS_execveat, folder, name, argv, environ, AT_EMPTY_PATH);
}

static void execute_link(int folder)
{
	char path[64], *argv[] = {"x", NULL};

	snprintf(path, sizeof(path), "/proc/self/fd/%d/x", folder);
	execve(path, argv, environ);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: detached HOW FILE [OVER]");
	const char *how = argv[1], *over = argc > 3 ? argv[3] : "";
	char *copy = strdup(argv[2]);

	file = argv[2];
	enter_namespaces();
	if (strcmp(how, "new") == 0)
		execute(new_tmpfs(), "x");
	else if (strcmp(how, "new-link") == 0)
		execute_link(new_tmpfs());
	else if (strcmp(how, "tree") == 0)
		execute(copy_of_mount(dirname(copy)), strrchr(file, '/') + 1);
	else if (strcmp(how, "file") == 0)
		execute(copy_of_mount(file), "");
	else if (strcmp(how, "mapped") == 0)
		execute(mapped_tmpfs(), "x");
	else if (strcmp(how, "over") == 0) {
		move_over(over, 0);
		execute(AT_FDCWD, over);
	} else if (strcmp(how, "beneath") == 0) {
		move_beneath(over);
		execute(AT_FDCWD, over);
	} else
		errx(2, "no way called %s", how);
	err(126, "%s by %s", file, how);
}
