#include "notify.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

enum { OLD_MMAP = 90 }; /* arch/x86/entry/syscalls/syscall_32.tbl */

static const struct {
	const char *name;
	enum trapped_call call;
} calls[] = {
	{"execve", CALL_EXECVE},
	{"execveat", CALL_EXECVEAT},
	{"mmap", CALL_MMAP},
	{"mmap2", CALL_MMAP},
	{"mprotect", CALL_MPROTECT},
	{"pkey_mprotect", CALL_MPROTECT},
	{"personality", CALL_PERSONALITY},
	{"shmat", CALL_SHMAT},
	{"ipc", CALL_IPC},
};

/* The few (architecture, number) pairs seen, so that the table of libseccomp
 * is asked once for each. */
struct known_call {
	uint32_t arch;
	int nr;
	enum trapped_call call;
};

static enum trapped_call resolve_call(uint32_t arch, int nr)
{
	enum trapped_call call = CALL_UNKNOWN;
	char *name;

	/* x32 has x86-64's AUDIT_ARCH and a bit in the number. */
	if (arch == AUDIT_ARCH_X86_64 && (nr & 0x40000000))
		arch = SCMP_ARCH_X32;
	name = seccomp_syscall_resolve_num_arch(arch, nr);
	for (size_t i = 0; name && i < ARRAY_LEN(calls); i++)
		if (strcmp(calls[i].name, name) == 0)
			call = calls[i].call;
	free(name);
	return arch == AUDIT_ARCH_I386 && nr == OLD_MMAP ? CALL_OLD_MMAP : call;
}

static enum trapped_call find_call(uint32_t arch, int nr)
{
	static struct known_call known[16];
	static size_t count;

	for (size_t i = 0; i < count; i++)
		if (known[i].arch == arch && known[i].nr == nr)
			return known[i].call;
	if (count == ARRAY_LEN(known))
		return resolve_call(arch, nr);
	known[count] = (struct known_call){arch, nr, resolve_call(arch, nr)};
	return known[count++].call;
}

/* This is newer than the headers of Debian 12: include/uapi/linux/fcntl.h,
 * 6.14. */
#ifndef AT_EXECVE_CHECK
#define AT_EXECVE_CHECK 0x10000
#endif

/* The same: include/uapi/linux/seccomp.h, 6.6. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

void notify_prepare(int listener)
{
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
		    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

int notify_receive(int listener, struct notification *ret, struct err *e)
{
	/* A newer kernel may write more than our headers define. */
	union {
		struct seccomp_notif notif;
		char room[512];
	} u;

	memset(&u, 0, sizeof(u));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &u.notif) < 0)
		return err_set(e, errno, "receive a notification");
	ret->id = u.notif.id;
	ret->tid = (pid_t)u.notif.pid;
	ret->call = find_call(u.notif.data.arch, u.notif.data.nr);
	ret->compat = !(u.notif.data.arch & __AUDIT_ARCH_64BIT);
	for (size_t i = 0; i < ARRAY_LEN(ret->args); i++)
		ret->args[i] = u.notif.data.args[i];
	ret->check =
		ret->call == CALL_EXECVEAT && (ret->args[4] & AT_EXECVE_CHECK);
	return 0;
}

bool notify_valid(int listener, uint64_t id)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static int respond(int listener, uint64_t id, uint32_t flags, int error)
{
	union {
		struct seccomp_notif_resp answer;
		char room[512];
	} u;

	memset(&u, 0, sizeof(u));
	u.answer.id = id;
	u.answer.flags = flags;
	u.answer.error = -error;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &u.answer) < 0 ? -1
									: 0;
}

int notify_continue(int listener, uint64_t id)
{
	return respond(listener, id, SECCOMP_USER_NOTIF_FLAG_CONTINUE, 0);
}

int notify_succeed(int listener, uint64_t id)
{
	return respond(listener, id, 0, 0);
}

int notify_deny(int listener, uint64_t id, int error)
{
	return respond(listener, id, 0, error);
}

const char *notify_call_name(enum trapped_call call)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].call == call)
			return calls[i].name;
	return "unknown";
}
