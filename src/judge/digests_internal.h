/*
 * digests_internal - declarations that digests.c (requests), digests_flights.c
 * (the kept digests, and those under way) and digests_hash.c (the threads)
 * share.
 */
#pragma once

#include "digests.h"
#include "sha256.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>

enum flight_state {
	FLIGHT_QUEUED,
	FLIGHT_HASHING,
	FLIGHT_KNOWN,
	FLIGHT_FAILED
};

/* A file that is being hashed, or was. Owned by digests, under its lock, but
 * for fd and sum while a thread hashes (FLIGHT_HASHING). */
struct flight {
	struct flight *next;
	uint64_t serial;
	enum flight_state state;
	bool story;
	bool exact;   /* for its one waiting request only */
	bool leased;  /* found by the lease's inode, else by id */
	bool written; /* a process wants to write: the digest is void */
	bool brief;
	bool foreign;  /* on a mount that may have to be unmounted */
	bool may_hang; /* as in struct digest_ask */
	bool stuck;    /* its thread hangs, and has been replaced */
	unsigned owed; /* requests that waited, and aren't finished */
	int lease;
	/* A second lease, on the overlay's own inode, or -1: truncating a file
	 * by its name breaks this one, and not the upper file's. */
	int merged;
	uint64_t dev, ino; /* leased: those of the lease's inode */
	struct identity id;
	int fd;
	struct sha256 *sum;
	uint64_t offset;
	uint64_t limit;
	uint32_t user;
	unsigned waiting;
	int64_t alone_ms; /* start of the time without a waiting request */
	int64_t since_ms; /* when its slice was seen first; 0: not yet */
	int64_t until_ms; /* FLIGHT_KNOWN, FLIGHT_FAILED  */
	uint8_t digest[DIGEST_SIZE];
};

enum { USERS = 64 };

/* The bytes that were hashed for a user of late; slow ones count as those that
 * a usual disk would have read meanwhile. */
struct digest_user {
	uint32_t user;
	unsigned threads; /* threads that hash for it, stuck or not */
	uint64_t cost;
};

struct digests {
	pthread_mutex_t lock;
	pthread_cond_t work; /* for the threads   */
	pthread_cond_t over; /* for threads that wait here */
	struct flight *first;
	size_t count;
	unsigned threads; /* started and not ended */
	unsigned stuck;	  /* of these; each has been replaced */
	unsigned idle;
	unsigned may_hang; /* threads that hash such a file, and aren't stuck */
	uint64_t serial;
	uint64_t files, bytes;
	struct digest_user users[USERS];
	digests_done *done;
	void *context;
};

/* The lease of a request: its inode, and beside it the one on the overlay's own
 * inode (lease_merged), or -1. */
struct leased {
	dev_t dev;
	ino_t ino;
	int merged;
};

int64_t digests_now_ms(void);

/* True if the file is leased, and no process wants to write it. */
bool digests_unbroken(const struct flight *flight);

/* Called with the lock held: forget and free it. */
int64_t digests_expires_ms(const struct flight *flight);
void digests_drop(struct digests *digests, struct flight *flight);

/* Release what a flight has; it isn't in the list. */
void digests_free_flight(struct flight *flight);

/* True if it is known or failed. */
bool digests_is_over(const struct flight *flight);

/* Called with the lock held: the flight that answers ask, or will; NULL: none.
 * Those that would, but hold no more, are dropped. */
struct flight *digests_find_flight(struct digests *digests,
				   const struct digest_ask *ask,
				   const struct leased *leased);

/* Called with the lock held: NULL if there is room for one more of that user,
 * which may have been made. Else one that is under way, if possible of the same
 * user: when it is finished there may be room. */
struct flight *digests_crowd(struct digests *digests, uint32_t user);

/* Called with the lock held: those under way that only an event needs. */
unsigned digests_count_stories(const struct digests *digests);

/* Called with the lock held: make sure that a thread does the work. */
void digests_start_thread(struct digests *digests);
