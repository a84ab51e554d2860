/*
 * digests - the digests of files that a container executes and maps: one hash
 * for a file at a time, for all requests, and none if a kept digest still
 * holds. Shared by all threads; two of its own hash, a slice of a file at a
 * time. One whose read takes long (a server that doesn't answer, fanotify, a
 * slow disk) is replaced, so that others need not wait for it, and goes on when
 * it is back.
 *
 * A digest is kept for an inode as long as a lease on it proves that no process
 * has opened it for writing since before it was hashed, and no longer than
 * DIGESTS_TRUSTED_MS: pages that a call has pinned are written to without
 * breaking a lease. A digest that decides nothing finally (for a request that
 * the proof will judge again, or a file that is refused whatever its content)
 * is kept for the file's identity, for a moment.
 *
 * Fair: the user with the fewest threads comes first, of these the one who has
 * cost least, and of that user's files the one of which least was hashed.
 */
#pragma once

#include "identity.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	DIGESTS_THREADS = 2,	/* beside those that are stuck            */
	DIGESTS_STUCK_MS = 500, /* in one slice of a file                 */
	DIGESTS_STUCK_MAX = 16,
	DIGESTS_USER_THREADS = 4,   /* for one user, stuck or not             */
	DIGESTS_MAX = 256,	    /* files, with at most as many leases     */
	DIGESTS_USER_MAX = 64,	    /* of these under way, for one user       */
	DIGESTS_TRUSTED_MS = 10000, /* after the hash */
	DIGESTS_MOMENT_MS = 2000,   /* the same, if little is certain */
	DIGESTS_OWED_MS =
		10000, /* added while a request that waited isn't finished */
	DIGESTS_ALONE_MS =
		3000, /* until a hash stops for which no request waits */
};

struct digests;

/* done is called without any lock, by a thread of digests, when the requests
 * that wait for a serial number may ask again. NULL: no memory. */
typedef void digests_done(void *context, uint64_t serial);
struct digests *digests_new(void);
void digests_set_done(struct digests *digests, digests_done *done,
		      void *context);

enum digest_need {
	NEED_PROOF, /* the digest of this very file, from now on */
	NEED_HINT,  /* the digest of a file with this identity */
	NEED_STORY, /* the same; only for an event, which can lack it */
};

struct digest_ask {
	enum digest_need need;
	int fd;	   /* open for reading */
	int lease; /* on the file's inode, of an open file of its own; or -1 */
	struct identity id;
	uint64_t limit; /* bytes; a larger file fails */
	uint32_t user;	/* the user of the request */
	bool brief;	/* to be kept for a moment only */
	bool foreign;	/* its mount must not stay busy: the lease is given back
			   when all waiting requests have the digest */
	bool may_hang;	/* the container may serve what is read and closed */
};

enum digest_answer {
	DIGEST_KNOWN,
	DIGEST_WAITS,  /* ask again when done is called with *ret_serial */
	DIGEST_FAILED, /* too large, unreadable, or too many for events */
};

/* Take_ask's descriptors are taken. Doesn't wait, except for NEED_PROOF without
 * a lease, which can't be attributed to the file later: until it is hashed.
 * With DIGEST_WAITS the caller counts as waiting, until done, or
 * digests_leave. */
enum digest_answer digests_find(struct digests *digests,
				struct digest_ask *take_ask,
				uint8_t ret_digest[DIGEST_SIZE],
				uint64_t *ret_serial);

/* True if it isn't done yet: done will be called. */
bool digests_pending(struct digests *digests, uint64_t serial);

/* One of the requests that wait for serial gives up. */
void digests_leave(struct digests *digests, uint64_t serial);

/* One of the requests that waited for serial is finished after done was called:
 * with the last one a foreign file's lease is given back. */
void digests_settle(struct digests *digests, uint64_t serial);

/* Replace threads whose slice has taken longer than DIGESTS_STUCK_MS. now is in
 * ms, of any clock that is never 0. Call this now and then while a request
 * waits. */
void digests_watch(struct digests *digests, int64_t now_ms);

/* Call this after SIGUSR1: a process wants to write. */
void digests_let_write(struct digests *digests);

/* The count of files that were hashed so far, and of their bytes. */
void digests_count(struct digests *digests, uint64_t *ret_files,
		   uint64_t *ret_bytes);
