/*
 * follow - a target from the proof of its interpreter to the moment when it has
 * its script open. The path may lead to another file in between; the file of a
 * descriptor stays. It belongs to a held target (held.h).
 */
#pragma once

#include "inspection.h"

#include <sys/types.h>

struct follow;

/* NULL: out of memory. */
struct follow *follow_new(const struct awaited *awaited);
void follow_free(struct follow *follow); /* NULL is fine */

enum follow_step {
	FOLLOW_ON,     /* no file was opened: call proof_step */
	FOLLOW_OPENED, /* it has opened what may be its script  */
};

/* The target is stopped at a system call. *ret_fd: FOLLOW_OPENED's. */
enum follow_step follow_step(struct follow *follow, pid_t tid, int *ret_fd);

/* The file that it opened is a script that it may run. True: it was the last.
 */
bool follow_allowed(struct follow *follow);
