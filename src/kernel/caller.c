#include "caller.h"

#include "err.h"
#include "filesystem.h"
#include "procfs.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

struct caller {
	uint32_t user;
	uint32_t group;
	uint64_t effective;
	struct buffer status;
	const char *groups; /* in status */
};

/* The fourth number of "Uid:\t0\t0\t0\t0" is the file system user; there may be
 * 65,536 groups. False: the task is gone. */
static bool caller_read(pid_t tid, struct caller *ret)
{
	const char *uid;
	const char *gid;
	const char *caps;

	*ret = (struct caller){.status = BUFFER_INIT};
	if (procfs_read(tid, "status", PROCFS_STATUS_MAX, &ret->status, NULL) <
	    0)
		return false;
	uid = strstr(ret->status.data, "\nUid:\t");
	gid = strstr(ret->status.data, "\nGid:\t");
	caps = strstr(ret->status.data, "\nCapEff:\t");
	ret->groups = strstr(ret->status.data, "\nGroups:\t");
	if (!uid || !gid || !caps || !ret->groups ||
	    sscanf(uid, "\nUid:\t%*u\t%*u\t%*u\t%u", &ret->user) != 1 ||
	    sscanf(gid, "\nGid:\t%*u\t%*u\t%*u\t%u", &ret->group) != 1)
		return false;
	ret->groups += strlen("\nGroups:\t");
	ret->effective = strtoull(caps + strlen("\nCapEff:\t"), NULL, 16);
	return true;
}

static bool is_member(const struct caller *caller, uint32_t gid)
{
	const char *at = caller->groups;

	if (caller->group == gid)
		return true;
	while (*at && *at != '\n') {
		char *end = NULL;
		unsigned long group = strtoul(at, &end, 10);

		if (end == at)
			break;
		if (group == gid)
			return true;
		at = end + (*end == ' ');
	}
	return false;
}

/* A capability of any user namespace counts here: if it doesn't count for the
 * file, the kernel refuses. */
static bool overrides(const struct caller *caller)
{
	return caller->effective & (UINT64_C(1) << 1); /* CAP_DAC_OVERRIDE */
}

/* The bit of the file's mode that counts for the caller. */
static uint32_t bit_for(const struct caller *caller,
			const struct identity *file)
{
	if (caller->user == file->uid)
		return 0100;
	return is_member(caller, file->gid) ? 0010 : 0001;
}

bool caller_may_execute(pid_t tid, const struct identity *file)
{
	struct caller caller;
	bool may = caller_read(tid, &caller) &&
		   file->mode &
			   (overrides(&caller) ? 0111 : bit_for(&caller, file));

	buffer_clear(&caller.status);
	return may;
}

/* If that isn't known, there may be one. */
static bool may_have_acl(int path_fd)
{
	OWNED(close_owned) int fd = -1;

	if (filesystem_may_block(path_fd) ||
	    target_reopen(path_fd, &fd, NULL) < 0)
		return true;
	return fgetxattr(fd, "system.posix_acl_access", NULL, 0) >= 0 ||
	       (errno != ENODATA && errno != EOPNOTSUPP);
}

/*
 * An access control list shows its mask as the group's bits, and can give no
 * more than that to users and groups that it names.
 */
static bool permissions_refuse(const struct caller *caller, int fd,
			       const struct identity *file)
{
	uint32_t bit = bit_for(caller, file);

	if (overrides(caller) || (file->mode & bit))
		return false;
	return bit == 0100 || !(file->mode & 0010) || !may_have_acl(fd);
}

bool caller_is_refused(pid_t tid, int fd, const struct identity *file)
{
	struct caller caller;
	struct statvfs fs;
	bool refused;

	if (!S_ISREG(file->mode) || !(file->mode & 0111) ||
	    (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC)))
		return true;
	refused = caller_read(tid, &caller) &&
		  permissions_refuse(&caller, fd, file);
	buffer_clear(&caller.status);
	return refused;
}

uint32_t caller_user(pid_t tid)
{
	struct caller caller;
	uint32_t user = caller_read(tid, &caller) ? caller.user : UINT32_MAX;

	buffer_clear(&caller.status);
	return user;
}
