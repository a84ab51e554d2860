#include "features.h"

#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int has_listener(void)
{
	struct seccomp_notif_sizes sizes;

	return (int)syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes);
}

static int has_notify_action(void)
{
	unsigned action = SECCOMP_RET_USER_NOTIF;

	return (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

/* EAGAIN also shows support: nothing was in the cache. */
static int has_cached_lookup(void)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_CACHED | RESOLVE_IN_ROOT,
	};
	OWNED(close_owned)
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	return fd >= 0 || errno == EAGAIN ? 0 : -1;
}

static int has_mount_ids(void)
{
	struct statx sx;

	if (statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &sx) < 0)
		return -1;
	errno = ENOSYS;
	return sx.stx_mask & STATX_MNT_ID ? 0 : -1;
}

static int has_pidfd(void)
{
	OWNED(close_owned) int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	return fd < 0 ? -1 : 0;
}

/* No process has the pid 0: a kernel with ptrace says so. */
static int has_ptrace(void)
{
	return ptrace(PTRACE_SEIZE, 0, NULL, NULL) < 0 && errno == ESRCH ? 0
									 : -1;
}

static int may_trace(void)
{
	char scope = '0';
	OWNED(close_owned)
	int fd = open("/proc/sys/kernel/yama/ptrace_scope",
		      O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, &scope, 1) == 1 && scope == '3') {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/* PR_GET_MDWE of prctl(2). */
static int has_memory_deny(void)
{
	enum { GET_MDWE = 66 };

	return syscall(SYS_prctl, GET_MDWE, 0, 0, 0, 0) < 0 ? -1 : 0;
}

static int has_memfd_setting(void)
{
	return access("/proc/sys/vm/memfd_noexec", F_OK);
}

/* AT_EXECVE_CHECK of an executable program, which doesn't execute it. */
static int has_exec_check(void)
{
	enum { EXECVE_CHECK = 0x10000 };
	OWNED(close_owned)
	int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	char *const none[] = {NULL};

	return (int)syscall(SYS_execveat, fd, "", none, none,
			    AT_EMPTY_PATH | EXECVE_CHECK);
}

static const struct {
	int (*probe)(void);
	const char *name;
	const char *policy; /* NULL: all need it */
} features[] = {
	{has_listener,
	 "seccomp user notification (Linux 5.0, CONFIG_SECCOMP_FILTER)", NULL},
	{has_notify_action,
	 "seccomp's notify action (Linux 5.0; continuing it needs 5.5)", NULL},
	{has_cached_lookup, "openat2 with RESOLVE_CACHED (Linux 5.12)", NULL},
	{has_mount_ids, "statx with mount IDs (Linux 5.8)", NULL},
	{has_pidfd, "pidfd_open (Linux 5.3)", NULL},
	{has_ptrace, "ptrace with PTRACE_SEIZE (Linux 3.4)", NULL},
	{may_trace,
	 "permission to trace (kernel.yama.ptrace_scope of 2 or less; to leave "
	 "3 takes a reboot)",
	 NULL},
	{has_memory_deny, "PR_SET_MDWE, for memory: deny (Linux 6.3)",
	 "memory"},
	{has_memfd_setting, "vm.memfd_noexec, for memfd: deny (Linux 6.3)",
	 "memfd"},
	{has_exec_check,
	 "AT_EXECVE_CHECK, for scripts: enforce where interpreters ask (Linux "
	 "6.14)",
	 "scripts"},
};

int features_check(struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		if (!features[i].policy && features[i].probe() < 0)
			return err_set(e, errno,
				       "can't protect containers here: "
				       "missing is %s",
				       features[i].name);
	return 0;
}

bool features_at(size_t index, struct feature *ret)
{
	if (index >= ARRAY_LEN(features))
		return false;
	*ret = (struct feature){
		.name = features[index].name,
		.required = !features[index].policy,
		.policy = features[index].policy,
		.present = features[index].probe() == 0,
	};
	return true;
}

bool features_map_files(void)
{
	DIR *names = opendir("/proc/self/map_files");
	const struct dirent *name;
	OWNED(close_owned) int fd = -1;
	bool followed = false;

	while (names && (name = readdir(names))) {
		if (name->d_name[0] == '.')
			continue;
		fd = openat(dirfd(names), name->d_name, O_PATH | O_CLOEXEC);
		followed = fd >= 0;
		break;
	}
	if (names)
		(void)closedir(names);
	return followed;
}

/* The numbers in /proc/self/maps of the mapping that begins at start. */
static bool find_numbers(const void *start, uint64_t *ret_dev,
			 uint64_t *ret_ino)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (maps && !found && getline(&line, &cap, maps) > 0) {
		uintptr_t at = 0;
		unsigned major = 0;
		unsigned minor = 0;

		found = sscanf(line, "%" SCNxPTR "-%*x %*s %*x %x:%x %" SCNu64,
			       &at, &major, &minor, ret_ino) == 4 &&
			at == (uintptr_t)start;
		*ret_dev = (uint64_t)major << 32 | minor;
	}
	free(line);
	if (maps)
		(void)fclose(maps);
	return found;
}

bool features_numbers_agree(int fd)
{
	void *start = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	struct identity id;
	uint64_t dev = 0;
	uint64_t ino = 0;
	bool agree;

	if (start == MAP_FAILED)
		return false;
	agree = stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0 &&
		find_numbers(start, &dev, &ino) && dev == id.dev &&
		ino == id.ino;
	(void)munmap(start, 1);
	return agree;
}
