#include "lease.h"

#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* As the file's owner: whoever else asks needs CAP_LEASE on the host, which
 * root of a user namespace hasn't. setfsuid(2) is this thread's only. */
static int lease_as_owner(int fd)
{
	struct stat st;
	bool owner;
	int before;
	int rc;

	if (fstat(fd, &st) < 0)
		return -1;
	before = setfsuid(st.st_uid);
	/* It says who we were; -1 is nobody, and changes nothing. */
	owner = setfsuid((uid_t)-1) == (int)st.st_uid;
	rc = owner ? fcntl(fd, F_SETLEASE, F_RDLCK) : -1;
	(void)setfsuid((uid_t)before);
	/* We have the owner's number and aren't the owner: that one isn't in
	 * the user namespace. No capability in it counts for this file, and
	 * its mode lets none of the others write. */
	if (owner && rc < 0 && errno == EACCES && (st.st_mode & 022) == 0)
		rc = 0;
	return rc;
}

/* A read lease is refused while anyone can write, mappings included. */
static int take_lease(int fd, struct err *e)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return 0;
	if (errno == EACCES && lease_as_owner(fd) == 0)
		return 0;
	return err_set(e, errno, "lease");
}

static int open_beneath(int dirfd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			 O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, dirfd, path + strspn(path, "/"), &how,
			    sizeof(how));
}

/*
 * That upper is the inode behind merged: a mark set on the one is read on the
 * other. Times can't tell: two files of one clock tick have the same, and the
 * container can rename one over the other between our two look-ups.
 */
static int same_upper(int merged, int upper, struct err *e)
{
	uint64_t nonce[2];
	char mark[64];
	bool same;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce))
		return err_set(e, EIO, "get random bytes");
	/* The nonce is in the name: other threads and other supervisors mark
	 * the same file. */
	(void)snprintf(mark, sizeof(mark), "trusted.runmoor.%016llx%016llx",
		       (unsigned long long)nonce[0],
		       (unsigned long long)nonce[1]);
	if (fsetxattr(upper, mark, "", 0, XATTR_CREATE) < 0)
		return err_set(e, errno, "mark the upper file");
	same = fgetxattr(merged, mark, NULL, 0) >= 0;
	(void)fremovexattr(upper, mark);
	return same ? 0 : err_set(e, ESTALE, "find the upper file");
}

int lease_unwritten(int fd, const char *upper, const char *path, struct err *e)
{
	OWNED(close_owned) int dir = -1;
	OWNED(close_owned) int file = -1;
	struct identity id;

	if (upper && !path)
		return err_set(e, ENAMETOOLONG, "find the upper file");
	if (!upper) {
		if (take_lease(fd, e) < 0)
			return -1;
		/* What was taken as the owner ends when fd is closed. */
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		return 0;
	}
	dir = open(upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open %s", upper);
	file = open_beneath(dir, path);
	if (file < 0)
		return err_set(e, errno, "open the upper file");
	if (stat_identity(file, "", AT_EMPTY_PATH, &id) < 0 ||
	    !S_ISREG(id.mode))
		return err_set(e, ESTALE, "find the upper file");
	/* The lease lives as long as file does. */
	if (take_lease(file, e) < 0)
		return -1;
	return same_upper(fd, file, e);
}
