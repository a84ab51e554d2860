/*
 * target - the task that a notification stopped, seen from outside: its
 * memory, and files as *it* names them (its root, working folder, descriptors
 * and pid namespace). Sources: proc(5), path_resolution(7), openat2(2).
 *
 * Everything here is the target's claim of a moment ago; only the proof shows
 * what the kernel did.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The start of a relative path of the target. */
enum { TARGET_CWD = -100 }; /* as AT_FDCWD */

struct target {
	pid_t tid;
	int root; /* O_PATH of its root folder; -1 until needed */
	/* Devices of the image, borrowed: local file systems, for which the
	 * tracer may wait. */
	const uint64_t *local;
	size_t local_count;
};

void target_init(struct target *target, pid_t tid, const uint64_t *local,
		 size_t local_count);
void target_clear(struct target *target);

/* The NUL-terminated string at address. EFAULT if it can't be read (also for a
 * page that userfaultfd holds back: this never waits for the target),
 * ENAMETOOLONG if it doesn't fit size bytes. With EFAULT ret has the part that
 * could be read. */
MUST_CHECK int target_read_string(const struct target *target, uint64_t address,
				  char *ret, size_t size, struct err *e);

/* The size bytes at address; EFAULT as above. */
MUST_CHECK int target_read(const struct target *target, uint64_t address,
			   void *ret, size_t size, struct err *e);

/*
 * Open (O_PATH) the file that path names for the target, from its descriptor
 * dirfd or TARGET_CWD. flags: AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW. e->code is
 * the errno that execve would give (ENOENT, ENOTDIR, ELOOP, EBADF, …).
 *
 * target_open_fast waits only for the image's own file system, and hardly for
 * that (its symlinks: overlayfs doesn't read them from the cache alone). EAGAIN
 * if only target_open can do it: other mounts, magic links.
 */
MUST_CHECK int target_open_fast(struct target *target, int dirfd,
				const char *path, int flags, int *ret_fd,
				struct err *e);
MUST_CHECK int target_open(struct target *target, int dirfd, const char *path,
			   int flags, int *ret_fd, struct err *e);

/* /proc/TID/NAME (exe, cwd, fd/3, map_files/…) as O_PATH. */
MUST_CHECK int target_open_link(pid_t tid, const char *name, int *ret_fd,
				struct err *e);

/* The thread group of a task; 0: no task has that number. */
pid_t target_process(pid_t tid);

/* True if a task has this number; it may be dead already. */
bool target_exists(pid_t tid);

/* The path of an open file as its mount namespace sees it. */
MUST_CHECK int target_path_of(int fd, char *ret, size_t size, struct err *e);

/* Reopen an O_PATH file for reading; EINVAL if it isn't a regular file. */
MUST_CHECK int target_reopen(int fd, int *ret_fd, struct err *e);

/* A mapping of a file, from /proc/TID/maps. The device and inode given there
 * name a single file only if features_numbers_agree is true. */
struct mapping {
	uint64_t start, end;
	uint64_t dev, ino;
	bool private; /* writes go to a copy */
};
enum { MAPPINGS_MAX = 16 };

/* True if the target can read memory at address. Waits while it holds its
 * memory's lock. */
bool target_may_read(pid_t tid, uint64_t address);

/* The mapped file, O_PATH, whatever its numbers say. */
MUST_CHECK int target_open_mapping(pid_t tid, const struct mapping *mapping,
				   int *ret_fd, struct err *e);

/* Parse one line of proc_pid_maps(5). False if it is no file's. The stack's
 * line sets *ret_stack_end. */
bool target_parse_mapping(const char *line, struct mapping *ret,
			  bool *ret_executable, uint64_t *ret_stack_end);

/* The executable mappings of a program that has just been loaded, and the end
 * of its stack. E2BIG over MAPPINGS_MAX. */
MUST_CHECK int target_mappings(pid_t tid, struct mapping ret[MAPPINGS_MAX],
			       size_t *ret_count, uint64_t *ret_stack_end,
			       struct err *e);

/* The mappings that overlap start to end; E2BIG as above. Waits while the
 * target holds its memory's lock. */
MUST_CHECK int target_mappings_within(pid_t tid, uint64_t start, uint64_t end,
				      struct mapping ret[MAPPINGS_MAX],
				      size_t *ret_count, struct err *e);

/* True if this code is ld.so's, which was executed itself or loaded the program
 * (getauxval(3): AT_BASE, AT_ENTRY), and if that isn't known. */
bool target_loader_has(pid_t tid, uint64_t code, bool executed);

/* AT_EXECFD of a program that has just been loaded: the descriptor by which
 * binfmt_misc (flag O) passes it the executed file; -1: none. */
int target_execfd(pid_t tid);

/* AT_EXECFN of a program that has just been loaded: the last string on its
 * stack, below the machine word that fs/exec.c leaves at the top. */
MUST_CHECK int target_execfn(pid_t tid, uint64_t stack_end, char *ret,
			     size_t size, struct err *e);
