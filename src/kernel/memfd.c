#include "memfd.h"

#include "procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char sysctl[] = "/proc/sys/vm/memfd_noexec";

static bool is_own(int namespace)
{
	struct stat own;
	struct stat other;

	return stat("/proc/self/ns/pid", &own) < 0 ||
	       fstat(namespace, &other) < 0 ||
	       (own.st_dev == other.st_dev && own.st_ino == other.st_ino);
}

int memfd_deny(pid_t pid, struct err *e)
{
	OWNED(close_owned) int setting = open(sysctl, O_WRONLY | O_CLOEXEC);
	OWNED(close_owned) int namespace = -1;
	char path[PROCFS_PATH];
	int status = 0;
	pid_t child;

	if (setting < 0)
		return err_set(e, errno,
			       "memfd: deny needs root, and %s (Linux 6.3)",
			       sysctl);
	namespace =
		open(procfs_path(pid, "ns/pid", path), O_RDONLY | O_CLOEXEC);
	if (namespace < 0)
		return err_set(e, errno, "memfd: deny: open %s", path);
	if (is_own(namespace))
		return err_set(e, ENOTSUP,
			       "memfd: deny needs a container with a pid "
			       "namespace: this one has the host's");
	/* The setting belongs to the writer's namespace, which a process enters
	 * at its birth: hence the fork. */
	if (setns(namespace, CLONE_NEWPID) < 0)
		return err_set(e, errno, "memfd: deny: enter %s", path);
	child = fork();
	if (child == 0)
		_exit(write(setting, "2", 1) == 1 ? 0 : errno);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return err_set(e, errno, "memfd: deny: write to %s", sysctl);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(e, WEXITSTATUS(status),
			       "memfd: deny: write to %s", sysctl);
	return 0;
}
