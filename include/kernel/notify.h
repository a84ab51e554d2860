/*
 * notify - a seccomp listener: receive notifications, check that they still
 * stand, answer them. Source: seccomp_unotify(2).
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The system calls that the filter notifies, on any architecture. */
enum trapped_call {
	CALL_EXECVE,
	CALL_EXECVEAT,
	CALL_MMAP,
	CALL_OLD_MMAP, /* i386, with its arguments in memory */
	CALL_MPROTECT, /* also pkey_mprotect */
	CALL_PERSONALITY,
	CALL_SHMAT, /* System V shared memory, to be executed */
	CALL_IPC,   /* i386, may be the same as shmat */
	CALL_UNKNOWN,
};

/* True if the call requests executable memory, not a program. */
static inline bool call_maps(enum trapped_call call)
{
	return call == CALL_MMAP || call == CALL_MPROTECT ||
	       call == CALL_PERSONALITY || call == CALL_SHMAT ||
	       call == CALL_IPC;
}

struct notification {
	uint64_t id;
	pid_t tid; /* the target, in our pid namespace */
	enum trapped_call call;
	uint64_t args[6];
	bool compat; /* a 32-bit call: pointers and ints are 32 bits wide */
	/* execveat with AT_EXECVE_CHECK: an interpreter asks whether the script
	 * of a descriptor may run (Linux 6.14). */
	bool check;
};

/* Call this once for a listener: the kernel then wakes us and the target on one
 * CPU, since each waits for the other (Linux 6.6; does nothing on older
 * kernels). */
void notify_prepare(int listener);

/* 0; -1 with ENOENT if the target is gone or was interrupted. */
MUST_CHECK int notify_receive(int listener, struct notification *ret,
			      struct err *e);

/* True if the target still waits for this very answer, hence its tid is its
 * own. */
bool notify_valid(int listener, uint64_t id);

/* Let the kernel continue the call. -1 if the target doesn't wait any more. */
int notify_continue(int listener, uint64_t id);

/* Make the call return 0, though the kernel never executes it. */
int notify_succeed(int listener, uint64_t id);

/* Make the call fail with error (an errno value). -1 as above. */
int notify_deny(int listener, uint64_t id, int error);

const char *notify_call_name(enum trapped_call call);
