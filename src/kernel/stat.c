#include "stat.h"

#include "attr.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int64_t nanoseconds(struct statx_timestamp t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static void from_statx(const struct statx *sx, struct identity *ret)
{
	*ret = (struct identity){
		.dev = (uint64_t)sx->stx_dev_major << 32 | sx->stx_dev_minor,
		.ino = sx->stx_ino,
		.size = sx->stx_size,
		.mtime_ns = nanoseconds(sx->stx_mtime),
		.ctime_ns = nanoseconds(sx->stx_ctime),
		.mode = sx->stx_mode,
		.uid = sx->stx_uid,
		.gid = sx->stx_gid,
		.nlink = sx->stx_nlink,
		.mount = sx->stx_mnt_id,
	};
}

int stat_identity(int dirfd, const char *path, int flags, struct identity *ret)
{
	struct statx sx;

	/* The last answer of a network or FUSE server is enough, since it is
	 * never trusted; asking again may take forever. */
	if (statx(dirfd, path, flags | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS | STATX_MNT_ID, &sx) < 0)
		return -1;
	from_statx(&sx, ret);
	return 0;
}

int stat_birth(int fd, struct identity *ret, int64_t *ret_birth_ns)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &sx) <
	    0)
		return -1;
	from_statx(&sx, ret);
	*ret_birth_ns =
		sx.stx_mask & STATX_BTIME ? nanoseconds(sx.stx_btime) : 0;
	return 0;
}

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

uint64_t stat_mount(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		  STATX_MNT_ID_UNIQUE, &sx) == 0 &&
	    (sx.stx_mask & STATX_MNT_ID_UNIQUE))
		return sx.stx_mnt_id;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID,
		  &sx) == 0 &&
	    (sx.stx_mask & STATX_MNT_ID))
		return sx.stx_mnt_id;
	return 0;
}

int stat_within(const char *root, const char *path, struct identity *ret)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve =
			RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	OWNED(close_owned)
	int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	OWNED(close_owned) int fd = -1;

	if (folder < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, folder, path + strspn(path, "/"), &how,
			  sizeof(how));
	return fd < 0 ? -1 : stat_identity(fd, "", AT_EMPTY_PATH, ret);
}
