/*
 * cloned FOLDER NAME [ARG...] - executes a program from a read-only overlay of
 * its folder that no other process sees, as runc does with itself since 1.2.
 * The overlay has a second layer, /tmp/empty, since it has to have two.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char lower[256];
	int fs, mount, fd;

	if (argc < 3)
		errx(2, "usage: cloned FOLDER NAME [ARG...]");
	(void)mkdir("/tmp/empty", 0755);
	(void)snprintf(lower, sizeof(lower), "%s:/tmp/empty", argv[1]);
	fs = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
	if (fs < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", lower,
		    0) < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		err(1, "overlay");
	mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
	fd = openat(mount, argv[2], O_PATH | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[2]);
	fexecve(fd, argv + 2, environ);
	err(126, "fexecve");
}
