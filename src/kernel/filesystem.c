#include "filesystem.h"

#include "attr.h"

#include <linux/magic.h>
#include <stddef.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef F2FS_SUPER_MAGIC
#define F2FS_SUPER_MAGIC 0xF2F52010
#endif
#ifndef EROFS_SUPER_MAGIC_V1
#define EROFS_SUPER_MAGIC_V1 0xE0F5E1E2
#endif

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xFF534D42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xFE534D42
#endif
#ifndef CEPH_SUPER_MAGIC
#define CEPH_SUPER_MAGIC 0x00c36400
#endif

static long magic_of(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 ? 0 : (long)fs.f_type;
}

bool filesystem_is_memory(int fd)
{
	long magic = magic_of(fd);

	return magic == TMPFS_MAGIC || magic == RAMFS_MAGIC ||
	       magic == HUGETLBFS_MAGIC;
}

bool filesystem_keeps_ctime(int fd)
{
	long magic = magic_of(fd);

	return magic == EXT4_SUPER_MAGIC || magic == XFS_SUPER_MAGIC ||
	       magic == BTRFS_SUPER_MAGIC || magic == EROFS_SUPER_MAGIC_V1 ||
	       magic == SQUASHFS_MAGIC;
}

bool filesystem_is_stable(int fd)
{
	long magic = magic_of(fd);

	return filesystem_keeps_ctime(fd) || filesystem_is_memory(fd) ||
	       magic == F2FS_SUPER_MAGIC || magic == ISOFS_SUPER_MAGIC;
}

bool filesystem_is_overlay(int fd)
{
	return magic_of(fd) == OVERLAYFS_SUPER_MAGIC;
}

bool filesystem_may_block(int fd)
{
	long magic = magic_of(fd);

	return magic == FUSE_SUPER_MAGIC || magic == NFS_SUPER_MAGIC ||
	       magic == CIFS_SUPER_MAGIC || magic == SMB2_SUPER_MAGIC ||
	       magic == SMB_SUPER_MAGIC || magic == V9FS_MAGIC ||
	       magic == CEPH_SUPER_MAGIC || magic == AFS_SUPER_MAGIC ||
	       magic == CODA_SUPER_MAGIC;
}

/* Magic numbers of linux/magic.h, and those that it doesn't list. */
bool filesystem_is_kernels(int fd)
{
	static const long magics[] = {
		PROC_SUPER_MAGIC,     SYSFS_MAGIC,
		CGROUP_SUPER_MAGIC,   CGROUP2_SUPER_MAGIC,
		TRACEFS_MAGIC,	      DEBUGFS_MAGIC,
		SECURITYFS_MAGIC,     BPF_FS_MAGIC,
		PSTOREFS_MAGIC,	      EFIVARFS_MAGIC,
		SELINUX_MAGIC,	      SMACK_MAGIC,
		BINFMTFS_MAGIC,	      DEVPTS_SUPER_MAGIC,
		NSFS_MAGIC,	      SOCKFS_MAGIC,
		PIPEFS_MAGIC,	      ANON_INODE_FS_MAGIC,
		RDTGROUP_SUPER_MAGIC, USBDEVICE_SUPER_MAGIC,
		XENFS_SUPER_MAGIC,    BDEVFS_MAGIC,
		OPENPROM_SUPER_MAGIC, 0x62656570, /* configfs */
		0x65735543,			  /* fusectl */
		0x19800202,			  /* mqueue */
		0x67596969,			  /* rpc_pipefs */
		0x6e667364,			  /* nfsd */
		0x444d4142,			  /* dma-buf */
		0x5345434d,			  /* secretmem */
		0x50494446,			  /* pidfs */
		0x64646178,			  /* device dax */
	};
	long magic = magic_of(fd);

	for (size_t i = 0; i < ARRAY_LEN(magics); i++)
		if (magic == magics[i])
			return true;
	return false;
}
