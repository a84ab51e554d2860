/*
 * handoff - the socket over which a runtime hands the listener to us, and the
 * state of the container with it. Source: OCI runtime specification,
 * config-linux.md "seccomp", the containerProcessState.
 */
#pragma once

#include "buffer.h"
#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { HANDOFF_PATH_MAX = 107, HANDOFF_STATE_MAX = 1024 * 1024 };

/* Listen at path, mode 0600. ENAMETOOLONG over HANDOFF_PATH_MAX bytes. */
MUST_CHECK int handoff_listen(const char *path, int *ret_socket, struct err *e);

/* One runtime that connected and is still sending. */
struct handoff {
	int connection;
	int listener; /* -1 until it came */
	pid_t peer;   /* the runtime that connected */
	struct buffer state;
};

/* Accept without blocking; EPERM for a peer that isn't our user, EAGAIN if no
 * peer waits. */
MUST_CHECK int handoff_accept(int socket, struct handoff *ret, struct err *e);

/* Read the available bytes, without blocking. *ret_done once the peer has sent
 * all: one descriptor and a whole JSON document, or closed. */
MUST_CHECK int handoff_read(struct handoff *handoff, bool *ret_done,
			    struct err *e);
void handoff_clear(struct handoff *handoff);
