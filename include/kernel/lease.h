/*
 * lease - proves that no process can write a file. Source: fcntl(2) "Leases".
 */
#pragma once

#include "err.h"

#include <stdbool.h>

/* Prove that no process has a file open for writing or mapped shared-writable,
 * by a lease, which the kernel refuses while there is a writer. On an overlay
 * the merged inode doesn't see a mapping that outlives its descriptor, so the
 * lease is taken on the upper file, and a mark proves that it is the same file.
 * upper: path of the upper layer or NULL for a file that is on no overlay;
 * path: of the file in the overlay; fd: the file open for reading. EAGAIN:
 * there is a writer. The answer is good while something else holds new writers
 * off, or with ret_lease, which may be NULL, until that is closed: a descriptor
 * with the lease, or -1 if no process can open it for writing. */
MUST_CHECK int lease_unwritten(int fd, const char *upper, const char *path,
			       int *ret_lease, struct err *e);

/* A second lease, on the overlay's own inode: truncate(2) by a file's name
 * breaks that one, and not the upper file's. fd is the file open for reading;
 * *ret_lease is -1 if that is on no overlay, or no process can open it for
 * writing. */
MUST_CHECK int lease_merged(int fd, int *ret_lease, struct err *e);

/* True for a memory file that no process can write, shorten or lengthen any
 * more, nor undo that: memfd_create(2), F_GET_SEALS. fd is open for reading. */
bool lease_is_sealed(int fd);

/* Have SIGIO sent to this process when another one opens the file for writing;
 * that one waits until lease is closed, or for /proc/sys/fs/lease-break-time.
 * False if one does already. */
bool lease_watch(int lease);
/* The same with another signal than SIGIO. */
bool lease_watch_by(int lease, int signal);
bool lease_unbroken(int lease);

/* End it, though its open file may have other descriptors, and close it. */
void lease_give_back(int *lease);

/* Take a broken lease anew. False if a process has written, or may have: the
 * waiting writer goes on in between, unless it can't run. */
bool lease_renew(int lease);
