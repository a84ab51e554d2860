/*
 * The walk of a path as the target would do it, one component at a time: for
 * paths that the kernel can't resolve on another task's behalf (procfs' self,
 * magic links, ".." below a working folder).
 */
#include "target.h"

#include "procfs.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

enum {
	LINKS_MAX = 40,		 /* MAXSYMLINKS, namei.h */
	PROC_ROOT_INODE = 1,	 /* proc_ns.h */
	PID_NAMESPACES_MAX = 33, /* MAX_PID_NS_LEVEL and the first */
	/* Each link adds a path to the pending text; the kernel has no bound
	 * for its length. */
	PENDING_MAX = (LINKS_MAX + 1) * PATH_MAX,
};

struct walk {
	struct target *target;
	int root;
	int at;
	unsigned links;
	bool nofollow;
	char *pending; /* at the end of room: the bytes before it are free */
	char *room;    /* PENDING_MAX bytes */
};

static void walk_move(struct walk *walk, int take_fd)
{
	close_owned(&walk->at);
	walk->at = take_fd;
}

static int walk_to_root(struct walk *walk)
{
	int fd = fcntl(walk->root, F_DUPFD_CLOEXEC, 0);

	walk_move(walk, fd);
	return fd < 0 ? -1 : 0;
}

/* ".." stops at the target's root, which a chroot may have put anywhere. */
static int walk_up(struct walk *walk)
{
	struct identity here;
	struct identity top;
	int fd;

	if (stat_identity(walk->at, "", AT_EMPTY_PATH, &here) < 0 ||
	    stat_identity(walk->root, "", AT_EMPTY_PATH, &top) < 0)
		return -1;
	if (here.dev == top.dev && here.ino == top.ino &&
	    here.mount == top.mount)
		return 0;
	fd = openat(walk->at, "..", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -1;
	walk_move(walk, fd);
	return 0;
}

/* Continue with text, then with the pending path. */
static int walk_prepend(struct walk *walk, const char *text)
{
	size_t len = strlen(text);

	if (len + 1 > (size_t)(walk->pending - walk->room)) {
		errno = ENOMEM; /* unreachable: links are counted */
		return -1;
	}
	*--walk->pending = '/';
	walk->pending -= len;
	memcpy(walk->pending, text, len);
	return 0;
}

static bool on_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* The numbers of a process, from a line as "NSpid:\t4711\t7": one for each pid
 * namespace from that of the procfs down to its own. */
struct numbers {
	long in[PID_NAMESPACES_MAX];
	size_t count;
};

/* Open a file of procfs itself: the container may have mounted a file system
 * that never answers over any part of it. */
static int open_within(int procfs, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, procfs, path, &how, sizeof(how));
}

static int read_numbers(int take_fd, const char *key, struct numbers *ret)
{
	OWNED(close_owned) int fd = take_fd;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[512];

	ret->count = 0;
	if (!file)
		return -1;
	(void)FD_MOVE(fd);
	while (!ret->count && fgets(line, sizeof(line), file)) {
		char *next = line + strlen(key);
		char *end;

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		while (ret->count < PID_NAMESPACES_MAX) {
			long number = strtol(next, &end, 10);

			if (end == next)
				break;
			ret->in[ret->count++] = number;
			next = end;
		}
	}
	(void)fclose(file);
	errno = ENOENT;
	return ret->count ? 0 : -1;
}

/* The text of a link as "pid:[4026531836]". */
static bool read_namespace(int take_fd, char ret[64])
{
	OWNED(close_owned) int fd = take_fd;
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", ret, 63);

	ret[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

/* True if the folder of that number is the target's: it is in its pid
 * namespace, and has its number there. */
static bool is_target(int procfs, long number, const char *own, long inner)
{
	char path[64];
	char namespace[64];
	struct numbers numbers;

	(void)snprintf(path, sizeof(path), "%ld/ns/pid", number);
	if (!read_namespace(open_within(procfs, path, O_PATH | O_NOFOLLOW),
			    namespace) ||
	    strcmp(namespace, own) != 0)
		return false;
	(void)snprintf(path, sizeof(path), "%ld/status", number);
	return read_numbers(open_within(procfs, path, O_RDONLY),
			    "NStgid:", &numbers) == 0 &&
	       numbers.in[numbers.count - 1] == inner;
}

/* /proc/self and /proc/thread-self are the target's, not ours, and by the
 * number that it has in the pid namespace of that procfs, which may be any
 * that it is in (pid_namespaces(7)). */
static int walk_self(struct walk *walk, bool thread)
{
	pid_t target = walk->target->tid;
	char text[64];
	char own[64];
	struct numbers tgid;
	struct numbers tid;

	if (!read_namespace(procfs_open(target, "ns/pid", O_PATH | O_NOFOLLOW),
			    own) ||
	    read_numbers(procfs_open(target, "status", O_RDONLY),
			 "NStgid:", &tgid) < 0 ||
	    read_numbers(procfs_open(target, "status", O_RDONLY),
			 "NSpid:", &tid) < 0 ||
	    tgid.count != tid.count) {
		errno = ENOENT;
		return -1;
	}
	for (size_t i = tgid.count; i-- > 0;) {
		if (!is_target(walk->at, tgid.in[i], own,
			       tgid.in[tgid.count - 1]))
			continue;
		(void)snprintf(text, sizeof(text),
			       thread ? "%ld/task/%ld" : "%ld", tgid.in[i],
			       tid.in[i]);
		return walk_prepend(walk, text);
	}
	errno = ENOENT;
	return -1;
}

/* A magic link leads to an open file, not to a path: only the kernel can follow
 * it. */
static bool is_magic(int dir, const char *name)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	OWNED(close_owned)
	int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));

	return fd < 0 && errno == ELOOP;
}

static int walk_link(struct walk *walk, const char *name, int link)
{
	char text[PATH_MAX];
	struct identity here;
	ssize_t n;

	if (++walk->links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if (on_procfs(walk->at)) {
		if (stat_identity(walk->at, "", AT_EMPTY_PATH, &here) < 0)
			return -1;
		if (here.ino == PROC_ROOT_INODE && strcmp(name, "self") == 0)
			return walk_self(walk, false);
		if (here.ino == PROC_ROOT_INODE &&
		    strcmp(name, "thread-self") == 0)
			return walk_self(walk, true);
		if (is_magic(walk->at, name)) {
			int fd = openat(walk->at, name, O_PATH | O_CLOEXEC);

			if (fd < 0)
				return -1;
			walk_move(walk, fd);
			return 0;
		}
	}
	n = readlinkat(link, "", text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	if (text[0] == '/' && walk_to_root(walk) < 0)
		return -1;
	return walk_prepend(walk, text);
}

static int walk_into(struct walk *walk, const char *name, bool last)
{
	OWNED(close_owned)
	int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISLNK(st.st_mode)) {
		walk_move(walk, FD_MOVE(fd));
		return 0;
	}
	if (last && walk->nofollow) {
		errno = ELOOP;
		return -1;
	}
	return walk_link(walk, name, fd);
}

/* One component. *ret_more is false once none is left. */
static int walk_step(struct walk *walk, bool *ret_more)
{
	char name[NAME_MAX + 1];
	char *start = walk->pending + strspn(walk->pending, "/");
	size_t len = strcspn(start, "/");
	size_t rest = strlen(start + len);
	bool last = strspn(start + len, "/") == rest && rest == 0;

	*ret_more = len != 0;
	if (len == 0) {
		/* A slash at the end requires a folder, which is no program;
		 * the caller checks the file's type. */
		return 0;
	}
	if (len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(name, start, len);
	name[len] = '\0';
	walk->pending = start + len;
	if (strcmp(name, "..") == 0)
		return walk_up(walk);
	if (strcmp(name, ".") == 0)
		return walk_into(walk, ".", false);
	return walk_into(walk, name, last);
}

static int walk_start(struct walk *walk, int dirfd, const char *path,
		      struct err *e)
{
	char name[64];

	if (target_open_link(walk->target->tid, "root", &walk->root, e) < 0)
		return -1;
	if (path[0] == '/')
		return walk_to_root(walk) < 0
			       ? err_set(e, errno, "open the target's root")
			       : 0;
	if (dirfd == TARGET_CWD)
		return target_open_link(walk->target->tid, "cwd", &walk->at, e);
	(void)snprintf(name, sizeof(name), "fd/%d", dirfd);
	if (target_open_link(walk->target->tid, name, &walk->at, e) == 0)
		return 0;
	if (e->code == ENOENT)
		e->code = EBADF;
	return -1;
}

int target_open(struct target *target, int dirfd, const char *path, int flags,
		int *ret_fd, struct err *e)
{
	struct walk walk = {
		.target = target,
		.root = -1,
		.at = -1,
		.nofollow = flags & AT_SYMLINK_NOFOLLOW,
	};
	OWNED(free_owned) char *room = NULL;
	bool more = true;
	int rc;

	if (path[0] == '\0' && !(flags & AT_EMPTY_PATH))
		return err_set(e, ENOENT, "find a program without a name");
	if (strlen(path) >= PATH_MAX)
		return err_set(e, ENAMETOOLONG, "find the program");
	room = malloc(PENDING_MAX);
	if (!room)
		return err_set(e, ENOMEM, "find the program");
	walk.room = room;
	walk.pending = room + PENDING_MAX - strlen(path) - 1;
	memcpy(walk.pending, path, strlen(path) + 1);
	rc = walk_start(&walk, dirfd, path, e);
	while (rc == 0 && more) {
		rc = walk_step(&walk, &more);
		if (rc < 0)
			(void)err_set(e, errno, "find %s", path);
	}
	close_owned(&walk.root);
	if (rc < 0) {
		close_owned(&walk.at);
		return -1;
	}
	*ret_fd = walk.at;
	return 0;
}
