/*
 * target - the task that a notification stopped, seen from outside: its
 * memory, and files as *it* names them (its root, working folder, descriptors
 * and pid namespace). Sources: proc(5), path_resolution(7), openat2(2).
 *
 * Everything here is what the target said a moment ago; only the proof tells
 * what the kernel did.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a path of the target starts. */
enum { TARGET_CWD = -100 }; /* as AT_FDCWD */

struct target {
	pid_t tid;
	int root; /* O_PATH of its root folder; -1 until needed */
	/* Devices of the image, borrowed: local file systems whose answer may
	 * be waited for. */
	const uint64_t *local;
	size_t local_count;
};

void target_init(struct target *target, pid_t tid, const uint64_t *local,
		 size_t local_count);
void target_clear(struct target *target);

/*
 * The NUL-terminated string at address. EFAULT where it can't be read (a page
 * that userfaultfd holds back included: this never waits for the target),
 * ENAMETOOLONG where it doesn't fit size bytes. With EFAULT ret has what could
 * be read of it.
 */
MUST_CHECK int target_read_string(const struct target *target, uint64_t address,
				  char *ret, size_t size, struct err *e);

/* The size bytes at address; EFAULT as above. */
MUST_CHECK int target_read(const struct target *target, uint64_t address,
			   void *ret, size_t size, struct err *e);

/*
 * Open (O_PATH) what path names for the target, from its descriptor dirfd or
 * TARGET_CWD. flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. e->code is the errno
 * that execve would give (ENOENT, ENOTDIR, ELOOP, EBADF, …).
 *
 * target_open_fast waits for nothing but the image's own file system, and
 * hardly for that (its symlinks: overlayfs doesn't read them from the cache
 * alone). EAGAIN where only target_open tells: other mounts, magic links.
 */
MUST_CHECK int target_open_fast(struct target *target, int dirfd,
				const char *path, int flags, int *ret_fd,
				struct err *e);
MUST_CHECK int target_open(struct target *target, int dirfd, const char *path,
			   int flags, int *ret_fd, struct err *e);

/* /proc/TID/NAME (exe, cwd, fd/3, map_files/…) as O_PATH. */
MUST_CHECK int target_open_link(pid_t tid, const char *name, int *ret_fd,
				struct err *e);

/* The thread group of a task; 0: there is none of that number. */
pid_t target_process(pid_t tid);

/* A task has this number, which may be dead already. */
bool target_exists(pid_t tid);

/* The path of an open file as its mount namespace sees it. */
MUST_CHECK int target_path_of(int fd, char *ret, size_t size, struct err *e);

/* Reopen an O_PATH file for reading; EINVAL if it isn't a regular file. */
MUST_CHECK int target_reopen(int fd, int *ret_fd, struct err *e);

/* A mapping of a file, from /proc/TID/maps. The device and inode
 * given there name one file only where features_numbers_agree says so. */
struct mapping {
	uint64_t start, end;
	uint64_t dev, ino;
	bool private; /* writes go to a copy */
};
enum { MAPPINGS_MAX = 16 };

/* Whether the target has memory there that it can read. Waits while it holds
 * its memory's lock. */
bool target_may_read(pid_t tid, uint64_t address);

/* The file that it is of, O_PATH, whatever its numbers say. */
MUST_CHECK int target_open_mapping(pid_t tid, const struct mapping *mapping,
				   int *ret_fd, struct err *e);

/* One line of proc_pid_maps(5). False if it is no file's. Of the stack's it
 * sets *ret_stack_end. */
bool target_parse_mapping(const char *line, struct mapping *ret,
			  bool *ret_executable, uint64_t *ret_stack_end);

/* The executable ones of a program that has just been loaded, and where its
 * stack ends.
 * E2BIG over MAPPINGS_MAX. */
MUST_CHECK int target_mappings(pid_t tid, struct mapping ret[MAPPINGS_MAX],
			       size_t *ret_count, uint64_t *ret_stack_end,
			       struct err *e);

/* Those that have a part between start and end; E2BIG as above. Waits while
 * the target holds its memory's lock. */
MUST_CHECK int target_mappings_within(pid_t tid, uint64_t start, uint64_t end,
				      struct mapping ret[MAPPINGS_MAX],
				      size_t *ret_count, struct err *e);

/*
 * Whether this code is ld.so's: what it was executed by, or what loaded it
 * (getauxval(3): AT_BASE, AT_ENTRY). True where it can't be told.
 */
bool target_loader_has(pid_t tid, uint64_t code, bool executed);

/* AT_EXECFD of a program that has just been loaded: the descriptor by which
 * binfmt_misc (flag O) hands it what was executed; -1: none. */
int target_execfd(pid_t tid);

/* AT_EXECFN of a program that has just been loaded: the last string on its
 * stack, below the machine word that fs/exec.c leaves at the top. */
MUST_CHECK int target_execfn(pid_t tid, uint64_t stack_end, char *ret,
			     size_t size, struct err *e);
