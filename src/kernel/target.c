#include "target.h"

#include "procfs.h"
#include "stat.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

enum { PAGE = 4096, LINK_NAME = 64 };

void target_init(struct target *target, pid_t tid, const uint64_t *local,
		 size_t local_count)
{
	*target = (struct target){tid, -1, local, local_count};
}

void target_clear(struct target *target)
{
	close_owned(&target->root);
}

int target_read_string(const struct target *target, uint64_t address, char *ret,
		       size_t size, struct err *e)
{
	OWNED(close_owned) int mem = procfs_open(target->tid, "mem", O_RDONLY);
	size_t done = 0;

	ret[0] = '\0';
	if (mem < 0)
		return err_set(e, errno, "open the memory of task %d",
			       target->tid);
	while (done < size) {
		/* Read only to the page's end: the next one may not be
		 * mapped. */
		size_t want = PAGE - (size_t)((address + done) % PAGE);
		ssize_t n;

		if (want > size - done)
			want = size - done;
		n = pread(mem, ret + done, want, (off_t)(address + done));
		if (n <= 0) {
			ret[done] = '\0';
			return err_set(e, EFAULT, "read the memory of task %d",
				       target->tid);
		}
		if (memchr(ret + done, '\0', (size_t)n))
			return 0;
		done += (size_t)n;
	}
	return err_set(e, ENAMETOOLONG, "read a path of task %d", target->tid);
}

int target_read(const struct target *target, uint64_t address, void *ret,
		size_t size, struct err *e)
{
	OWNED(close_owned) int mem = procfs_open(target->tid, "mem", O_RDONLY);

	if (mem < 0 || pread(mem, ret, size, (off_t)address) != (ssize_t)size)
		return err_set(e, EFAULT, "read the memory of task %d",
			       target->tid);
	return 0;
}

static int open_root(struct target *target, struct err *e)
{
	if (target->root >= 0)
		return 0;
	target->root = procfs_open(target->tid, "root", O_PATH | O_DIRECTORY);
	if (target->root < 0)
		return err_set(e, errno, "open the root of task %d",
			       target->tid);
	return 0;
}

static int open_start(struct target *target, int dirfd, int *ret_fd,
		      struct err *e)
{
	char name[LINK_NAME];

	if (dirfd == TARGET_CWD)
		(void)snprintf(name, sizeof(name), "cwd");
	else
		(void)snprintf(name, sizeof(name), "fd/%d", dirfd);
	*ret_fd = procfs_open(target->tid, name, O_PATH);
	if (*ret_fd < 0)
		return err_set(e, errno == ENOENT ? EBADF : errno,
			       "open %s of task %d", name, target->tid);
	return 0;
}

int target_open_link(pid_t tid, const char *name, int *ret_fd, struct err *e)
{
	*ret_fd = procfs_open(tid, name, O_PATH);
	if (*ret_fd < 0)
		return err_set(e, errno, "open %s of task %d", name, tid);
	return 0;
}

static int open_how(int dirfd, const char *path, uint64_t flags,
		    uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_PATH | O_CLOEXEC,
		.resolve = resolve,
	};

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

static bool is_local(const struct target *target, int fd)
{
	struct identity id;

	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0)
		return false;
	for (size_t i = 0; i < target->local_count; i++)
		if (target->local[i] == id.dev)
			return true;
	return false;
}

/* Within one mount and without magic links, the kernel finds from the target's
 * root the same file that the target finds; ENOENT is final there, since no
 * procfs was crossed. RESOLVE_CACHED never waits; the second try may, for a
 * disk, and is made on the image only: a target's root or working folder may
 * lie on a FUSE that never answers. */
static int open_fast(const struct target *target, int start, const char *path,
		     uint64_t flags, uint64_t resolve)
{
	int fd;

	resolve |= RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
	fd = open_how(start, path, flags, resolve | RESOLVE_CACHED);
	if (fd >= 0 || errno != EAGAIN)
		return fd;
	if (is_local(target, start))
		return open_how(start, path, flags, resolve);
	errno = EAGAIN;
	return -1;
}

int target_open_fast(struct target *target, int dirfd, const char *path,
		     int flags, int *ret_fd, struct err *e)
{
	uint64_t nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	OWNED(close_owned) int start = -1;
	int fd;

	if (path[0] == '\0')
		return err_set(e, EAGAIN, "open a descriptor's own file");
	/* busybox executes its applets by this path. If the target's /proc
	 * isn't procfs this is a wrong guess, which the proof finds. */
	if (strcmp(path, "/proc/self/exe") == 0 && !nofollow)
		return target_open_link(target->tid, "exe", ret_fd, e);
	if (path[0] == '/') {
		if (open_root(target, e) < 0)
			return -1;
		fd = open_fast(target, target->root, path, nofollow,
			       RESOLVE_IN_ROOT);
	} else {
		if (open_start(target, dirfd, &start, e) < 0)
			return -1;
		fd = open_fast(target, start, path, nofollow, RESOLVE_BENEATH);
	}
	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (errno == ENOENT)
		return err_set(e, ENOENT, "find the program");
	return err_set(e, EAGAIN, "find the program without waiting");
}

pid_t target_process(pid_t tid)
{
	return (pid_t)procfs_status_number(tid, "Tgid", 0);
}

bool target_exists(pid_t tid)
{
	char path[PROCFS_PATH];

	return access(procfs_path(tid, "", path), F_OK) == 0 || errno != ENOENT;
}

int target_path_of(int fd, char *ret, size_t size, struct err *e)
{
	char link[PROCFS_PATH];
	ssize_t n;

	n = readlink(procfs_fd_path(fd, link), ret, size);
	if (n < 0 || (size_t)n >= size)
		return err_set(e, n < 0 ? errno : ENAMETOOLONG,
			       "read the path of a file");
	ret[n] = '\0';
	return 0;
}

int target_reopen(int fd, int *ret_fd, struct err *e)
{
	char link[PROCFS_PATH];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, errno, "stat a file");
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "not a regular file");
	*ret_fd = open(procfs_fd_path(fd, link),
		       O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_set(e, errno, "open a file");
	return 0;
}

int target_execfn(pid_t tid, uint64_t stack_end, char *ret, size_t size,
		  struct err *e)
{
	char top[PATH_MAX + PAGE];
	struct iovec local = {top, sizeof(top)};
	struct iovec remote;
	size_t start = sizeof(top) - sizeof(uint64_t) - 1;

	if (stack_end < sizeof(top))
		return err_set(e, EFAULT, "find the stack of task %d", tid);
	remote.iov_base =
		(void *)(uintptr_t)(stack_end - sizeof(top)); // NOLINT
	remote.iov_len = sizeof(top);
	if (process_vm_readv(tid, &local, 1, &remote, 1, 0) != sizeof(top))
		return err_set(e, EFAULT, "read the stack of task %d", tid);
	if (top[start] != '\0')
		return err_set(e, EFAULT, "find the name of task %d", tid);
	while (start && top[start - 1] != '\0')
		start--;
	if (start == 0 || sizeof(top) - start > size)
		return err_set(e, ENAMETOOLONG, "read the name of task %d",
			       tid);
	memcpy(ret, top + start, strlen(top + start) + 1);
	return 0;
}
