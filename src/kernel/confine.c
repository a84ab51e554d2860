#include "confine.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

/* Calls that are allowed whatever their arguments. Some exist on some
 * architectures only. */
static const char *const calls[] = {
	/* files: the judged ones, the state folder, the events */
	"openat", "openat2", "close", "read", "pread64", "write", "writev",
	"lseek", "statx", "newfstatat", "fstat", "stat", "lstat", "fstatfs",
	"statfs", "readlink", "readlinkat", "getdents64", "access", "faccessat",
	"faccessat2", "fcntl", "fgetxattr", "fsetxattr", "fremovexattr",
	"fadvise64", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"rename", "renameat", "renameat2", "link", "linkat", "fchmod", "fsync",
	"fdatasync",
	/* the event loop */
	"epoll_wait", "epoll_pwait", "epoll_ctl", "timerfd_settime",
	"timer_settime", "accept4", "recvmsg", "recvfrom", "sendmsg", "sendto",
	"getsockopt", "shutdown", "poll", "ppoll",
	/* targets */
	"wait4", "waitid", "kill", "process_vm_readv", "pidfd_open",
	"pidfd_send_signal",
	/* threads and memory */
	"futex", "set_robust_list", "rseq", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "rt_sigtimedwait", "sigaltstack", "restart_syscall",
	"sched_getaffinity", "sched_yield", "setpriority", "getpriority",
	"gettid", "getpid", "tgkill", "exit", "exit_group", "brk", "munmap",
	"mremap", "madvise", "prlimit64", "sysinfo", "getrandom",
	"clock_gettime", "clock_nanosleep", "nanosleep",
	/* a lease is taken as the file's owner, rootless */
	"geteuid", "getuid", "getegid", "getgid", "setfsuid", "setresuid",
	"capget"};

/* Calls that are allowed with some values, or some bits, of one argument. */
static const struct {
	const char *call;
	unsigned index;
	uint64_t mask;
	uint64_t datum;
} arguments[] = {
	{"clone", 0, CLONE_THREAD, CLONE_THREAD},
	{"mmap", 2, PROT_EXEC, 0},
	{"mprotect", 2, PROT_EXEC, 0},
	{"ioctl", 1, UINT32_MAX, SECCOMP_IOCTL_NOTIF_RECV},
	{"ioctl", 1, UINT32_MAX, SECCOMP_IOCTL_NOTIF_SEND},
	{"ioctl", 1, UINT32_MAX, SECCOMP_IOCTL_NOTIF_ID_VALID},
	/* SECCOMP_IOCTL_NOTIF_SET_FLAGS, newer than Debian 12's headers */
	{"ioctl", 1, UINT32_MAX, SECCOMP_IOW(4, __u64)},
	{"ptrace", 0, UINT32_MAX, PTRACE_SEIZE},
	{"ptrace", 0, UINT32_MAX, PTRACE_INTERRUPT},
	{"ptrace", 0, UINT32_MAX, PTRACE_LISTEN},
	{"ptrace", 0, UINT32_MAX, PTRACE_DETACH},
	{"ptrace", 0, UINT32_MAX, PTRACE_GETEVENTMSG},
	{"ptrace", 0, UINT32_MAX, PTRACE_SYSCALL},
	{"ptrace", 0, UINT32_MAX, PTRACE_GET_SYSCALL_INFO},
};

static int allow(scmp_filter_ctx filter, const char *call,
		 const struct scmp_arg_cmp *compare)
{
	int number = seccomp_syscall_resolve_name(call);

	/* This architecture has none. */
	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
				      compare ? 1 : 0, compare);
}

static int fill(scmp_filter_ctx filter)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(calls) && rc == 0; i++)
		rc = allow(filter, calls[i], NULL);
	for (size_t i = 0; i < ARRAY_LEN(arguments) && rc == 0; i++) {
		const struct scmp_arg_cmp compare = {
			.arg = arguments[i].index,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = arguments[i].mask,
			.datum_b = arguments[i].datum,
		};

		rc = allow(filter, arguments[i].call, &compare);
	}
	return rc;
}

int confine_supervisor(struct err *e)
{
	/* With ENOSYS libc avoids new calls, such as clone3. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc = filter ? 0 : -ENOMEM;

	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* A balanced tree of comparisons, not a list. */
	if (rc == 0)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = fill(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc < 0 ? err_set(e, -rc, "load the supervisor's own filter") : 0;
}
