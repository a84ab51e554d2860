/*
 * notify - a seccomp listener: receive notifications, check that they still
 * stand, answer them. Source: seccomp_unotify(2).
 */
#pragma once

#include "err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The calls that the filter notifies of, whatever the architecture. */
enum trapped_call {
	CALL_EXECVE,
	CALL_EXECVEAT,
	CALL_MMAP,
	CALL_OLD_MMAP, /* of i386, whose arguments lie in memory */
	CALL_MPROTECT, /* and pkey_mprotect */
	CALL_PERSONALITY,
	CALL_SHMAT, /* System V shared memory, to be executed */
	CALL_IPC,   /* of i386, which may be the same         */
	CALL_UNKNOWN,
};

/* It asks for executable memory, not for a program. */
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
	/* execveat with AT_EXECVE_CHECK: whether it would be let run, asked by
	 * an interpreter of a script's descriptor (Linux 6.14). */
	bool check;
};

/* Once for a listener: have the kernel wake us and the target on one CPU, since
 * each waits for the other (Linux 6.6; elsewhere nothing happens). */
void notify_prepare(int listener);

/* 0; -1 with ENOENT where the target is gone or was interrupted. */
MUST_CHECK int notify_receive(int listener, struct notification *ret,
			      struct err *e);

/* The target still waits for this very answer, hence its tid is its own. */
bool notify_valid(int listener, uint64_t id);

/* Let the kernel go on with the call. -1 where the target waits no more. */
int notify_continue(int listener, uint64_t id);

/* Make the call succeed, with 0, though the kernel never sees it. */
int notify_succeed(int listener, uint64_t id);

/* Make the call fail with error (an errno value). As above. */
int notify_deny(int listener, uint64_t id, int error);

const char *notify_call_name(enum trapped_call call);
