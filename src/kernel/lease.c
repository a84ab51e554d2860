#include "lease.h"

#include "filesystem.h"
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

/* Take the lease as the file's owner: any other user needs CAP_LEASE on the
 * host, which root of a user namespace doesn't have. setfsuid(2) changes this
 * thread only. */
static int lease_as_owner(int fd, bool *ret_needless)
{
	struct stat st;
	bool owner;
	int before;
	int rc;

	if (fstat(fd, &st) < 0)
		return -1;
	before = setfsuid(st.st_uid);
	/* setfsuid returns the previous user; -1 is no user, and changes
	 * nothing. */
	owner = setfsuid((uid_t)-1) == (int)st.st_uid;
	rc = owner ? fcntl(fd, F_SETLEASE, F_RDLCK) : -1;
	(void)setfsuid((uid_t)before);
	/* We have the owner's number and aren't the owner, who isn't in the
	 * user namespace. No capability in it counts for this file, and its
	 * mode permits no other user to write. */
	*ret_needless =
		owner && rc < 0 && errno == EACCES && (st.st_mode & 022) == 0;
	return *ret_needless ? 0 : rc;
}

/* A read lease is refused while any process can write, mappings included. */
static int take_lease(int fd, bool *ret_needless, struct err *e)
{
	*ret_needless = false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return 0;
	if (errno == EACCES && lease_as_owner(fd, ret_needless) == 0)
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

/* Prove that upper is the inode behind merged: a mark set on the one is read on
 * the other. Times prove nothing: two files of one clock tick have the same,
 * and the container can rename one over the other between our two look-ups. */
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

static int lease_file(int fd, int *ret_lease, struct err *e)
{
	bool needless;

	if (take_lease(fd, &needless, e) < 0)
		return -1;
	if (!ret_lease) {
		/* A lease that was taken as the owner ends when fd is
		 * closed. */
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		return 0;
	}
	/* A lease belongs to the open file, and so to its duplicate too. */
	*ret_lease = needless ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return needless || *ret_lease >= 0 ? 0 : err_set(e, errno, "lease");
}

static int lease_upper(int fd, const char *upper, const char *path,
		       int *ret_lease, struct err *e)
{
	OWNED(close_owned) int dir = -1;
	OWNED(close_owned) int file = -1;
	struct identity id;
	bool needless;

	if (!path)
		return err_set(e, ENAMETOOLONG, "find the upper file");
	dir = open(upper, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, errno, "open %s", upper);
	file = open_beneath(dir, path);
	if (file < 0)
		return err_set(e, errno, "open the upper file");
	if (stat_identity(file, "", AT_EMPTY_PATH, &id) < 0 ||
	    !S_ISREG(id.mode))
		return err_set(e, ESTALE, "find the upper file");
	/* The lease lasts as long as file is open. */
	if (take_lease(file, &needless, e) < 0 || same_upper(fd, file, e) < 0)
		return -1;
	if (ret_lease)
		*ret_lease = needless ? -1 : FD_MOVE(file);
	return 0;
}

int lease_unwritten(int fd, const char *upper, const char *path, int *ret_lease,
		    struct err *e)
{
	if (ret_lease)
		*ret_lease = -1;
	return upper ? lease_upper(fd, upper, path, ret_lease, e)
		     : lease_file(fd, ret_lease, e);
}

int lease_merged(int fd, int *ret_lease, struct err *e)
{
	*ret_lease = -1;
	return filesystem_is_overlay(fd) ? lease_file(fd, ret_lease, e) : 0;
}

bool lease_is_sealed(int fd)
{
	const int all =
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & all) == all;
}

bool lease_unbroken(int lease)
{
	return fcntl(lease, F_GETLEASE) == F_RDLCK;
}

bool lease_watch(int lease)
{
	/* The process gets the signal: one for the thread would be lost once
	 * that has ended. */
	return fcntl(lease, F_SETOWN, getpid()) == 0 && lease_unbroken(lease);
}

bool lease_watch_by(int lease, int signal)
{
	return fcntl(lease, F_SETSIG, signal) == 0 && lease_watch(lease);
}

void lease_give_back(int *lease)
{
	if (*lease >= 0)
		(void)fcntl(*lease, F_SETLEASE, F_UNLCK);
	close_owned(lease);
}

bool lease_renew(int lease)
{
	struct stat before;
	struct stat now;
	bool needless;

	return fstat(lease, &before) == 0 &&
	       fcntl(lease, F_SETLEASE, F_UNLCK) == 0 &&
	       take_lease(lease, &needless, NULL) == 0 && lease_watch(lease) &&
	       fstat(lease, &now) == 0 && now.st_size == before.st_size &&
	       now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
	       now.st_ctim.tv_nsec == before.st_ctim.tv_nsec;
}
