#include "digests_internal.h"

#include "err.h"
#include "file.h"
#include "lease.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	PART = 1024 * 1024,
	SLICE = 8 * PART,
	SLICE_MS = 100,
	SLOW_BYTES_A_MS = 32 * 1024, /* a disk of 32 MiB/s */
	AGAIN_MS = 1000,
	STACK = 256 * 1024,
	FORGET = 256 * 1024 * 1024, /* of cost, after which users start anew */
};

/* Users that have a thread are never replaced; they are fewer than USERS. */
static struct digest_user *find_user(struct digests *digests, uint32_t user)
{
	struct digest_user *least = NULL;

	for (size_t i = 0; i < USERS; i++) {
		struct digest_user *at = &digests->users[i];

		if (at->user == user)
			return at;
		if (!at->threads && (!least || at->cost < least->cost))
			least = at;
	}
	*least = (struct digest_user){.user = user};
	return least;
}

/* A user pays for at most DIGESTS_STUCK_MS of a slice: after that the thread is
 * replaced, so that no other user waits for it. */
static void account(struct digests *digests, struct digest_user *whose,
		    uint64_t bytes, int64_t took_ms)
{
	uint64_t time =
		(uint64_t)(took_ms < DIGESTS_STUCK_MS ? took_ms
						      : DIGESTS_STUCK_MS) *
		SLOW_BYTES_A_MS;

	digests->bytes += bytes;
	whose->cost += bytes > time ? bytes : time;
	if (whose->cost < FORGET)
		return;
	for (size_t i = 0; i < USERS; i++)
		digests->users[i].cost /= 2;
}

static bool comes_before(struct digests *digests, const struct flight *one,
			 const struct flight *other)
{
	const struct digest_user *of_one = find_user(digests, one->user);
	const struct digest_user *of_other = find_user(digests, other->user);

	if (of_one->threads != of_other->threads)
		return of_one->threads < of_other->threads;
	if (one->user != other->user && of_one->cost != of_other->cost)
		return of_one->cost < of_other->cost;
	if (one->offset != other->offset)
		return one->offset < other->offset;
	return one->serial < other->serial;
}

static bool is_given_up(const struct flight *flight)
{
	return flight->written ||
	       (!flight->waiting &&
		flight->alone_ms + DIGESTS_ALONE_MS < digests_now_ms());
}

/* A file that may hang for as long as the container likes never takes the last
 * thread. */
static bool may_start(struct digests *digests, const struct flight *flight)
{
	return flight->state == FLIGHT_QUEUED &&
	       ((is_given_up(flight) && !flight->may_hang) ||
		(find_user(digests, flight->user)->threads <
			 DIGESTS_USER_THREADS &&
		 !(flight->may_hang &&
		   digests->may_hang >= DIGESTS_THREADS - 1)));
}

static struct flight *pick(struct digests *digests)
{
	struct flight *best = NULL;

	for (struct flight *at = digests->first; at; at = at->next)
		if (may_start(digests, at) &&
		    (!best || comes_before(digests, at, best)))
			best = at;
	return best;
}

/* Hash the rest of the file, but no more than a slice, in bytes and in time.
 * 1: there is more. */
static int hash_slice(const struct flight *flight, uint64_t *offset)
{
	const uint64_t end = *offset + SLICE;
	const int64_t until = digests_now_ms() + SLICE_MS;
	int rc = 1;

	while (rc > 0 && *offset < end && digests_now_ms() < until)
		rc = sha256_add_file(flight->sum, flight->fd, offset,
				     *offset + PART, NULL);
	return *offset > flight->limit ? -1 : rc;
}

/* The lock isn't held while the file is read, nor while it is closed: a FUSE
 * server is asked then, too. */
static int take_slice(struct digests *digests, struct flight *flight,
		      bool given_up)
{
	struct digest_user *whose = find_user(digests, flight->user);
	const int64_t began = digests_now_ms();
	uint64_t offset = flight->offset;
	int rc;

	whose->threads++;
	digests->may_hang += flight->may_hang;
	flight->since_ms = 0;
	(void)pthread_mutex_unlock(&digests->lock);
	rc = given_up ? -1 : hash_slice(flight, &offset);
	if (rc <= 0)
		close_owned(&flight->fd);
	(void)pthread_mutex_lock(&digests->lock);
	whose->threads--;
	if (flight->stuck)
		digests->stuck--;
	else
		digests->may_hang -= flight->may_hang;
	flight->stuck = false;
	account(digests, whose, offset - flight->offset,
		digests_now_ms() - began);
	flight->offset = offset;
	return rc;
}

static void finish(struct digests *digests, struct flight *flight, int rc)
{
	int64_t trusted =
		flight->brief ? DIGESTS_MOMENT_MS : DIGESTS_TRUSTED_MS;

	if (flight->leased && !flight->written && !digests_unbroken(flight))
		flight->written = true;
	flight->state =
		rc == 0 && sha256_end(flight->sum, flight->digest, NULL) == 0
			? FLIGHT_KNOWN
			: FLIGHT_FAILED;
	digests->files += flight->state == FLIGHT_KNOWN;
	if (flight->foreign && flight->leased)
		trusted = 0; /* only for the waiting requests */
	if (flight->state == FLIGHT_FAILED)
		trusted = DIGESTS_MOMENT_MS;
	flight->owed = flight->waiting;
	flight->until_ms = digests_now_ms() + trusted;
	sha256_owned(&flight->sum);
}

/* True if it is finished: the waiting requests can be notified. */
static bool advance(struct digests *digests, struct flight *flight)
{
	bool given_up = is_given_up(flight);
	int rc;

	flight->state = FLIGHT_HASHING;
	rc = take_slice(digests, flight, given_up);
	if (rc > 0) {
		flight->state = FLIGHT_QUEUED;
		return false;
	}
	finish(digests, flight, rc);
	if (given_up)
		flight->written = true;
	return true;
}

/* Drop the digests that have expired. Returns the time of the next sweep: when
 * another digest expires, or a file that may not start now is looked at again;
 * 0: there is nothing to wait for. */
static int64_t sweep(struct digests *digests)
{
	int64_t now = digests_now_ms();
	int64_t first = 0;
	struct flight *next;

	for (struct flight *at = digests->first; at; at = next) {
		next = at->next;
		if (at->state == FLIGHT_QUEUED &&
		    (!first || now + AGAIN_MS < first))
			first = now + AGAIN_MS;
		if (at->state != FLIGHT_KNOWN && at->state != FLIGHT_FAILED)
			continue;
		if (!(at->exact && at->waiting) &&
		    (at->written || digests_expires_ms(at) <= now))
			digests_drop(digests, at);
		else if (!first || digests_expires_ms(at) < first)
			first = digests_expires_ms(at);
	}
	return first;
}

/* False: there is no more work. */
static bool wait_for_work(struct digests *digests)
{
	int64_t when = sweep(digests);
	const struct timespec until = {.tv_sec = when / 1000,
				       .tv_nsec = when % 1000 * 1000000};

	/* One waiting thread is enough for the next sweep. */
	if (!when || digests->idle)
		return false;
	digests->idle++;
	(void)pthread_cond_timedwait(&digests->work, &digests->lock, &until);
	digests->idle--;
	return true;
}

/* A thread that was replaced may be back: one of three ends then. */
static bool is_surplus(const struct digests *digests)
{
	return digests->threads - digests->stuck > DIGESTS_THREADS;
}

static void *hash_files(void *argument)
{
	struct digests *digests = argument;

	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)pthread_mutex_lock(&digests->lock);
	while (!is_surplus(digests)) {
		struct flight *flight = pick(digests);
		uint64_t serial;

		if (!flight) {
			if (!wait_for_work(digests))
				break;
			continue;
		}
		serial = flight->serial;
		if (!advance(digests, flight))
			continue;
		(void)pthread_cond_broadcast(&digests->over);
		(void)pthread_mutex_unlock(&digests->lock);
		digests->done(digests->context, serial);
		(void)pthread_mutex_lock(&digests->lock);
	}
	digests->threads--;
	/* Files that waited for this thread's place may start now. */
	(void)pthread_cond_signal(&digests->work);
	(void)pthread_mutex_unlock(&digests->lock);
	return NULL;
}

static void create_thread(struct digests *digests)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t old;

	if (digests->threads - digests->stuck >= DIGESTS_THREADS ||
	    digests->threads >= DIGESTS_THREADS + DIGESTS_STUCK_MAX)
		return;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&thread, &attributes, hash_files, digests) == 0)
		digests->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attributes);
}

void digests_start_thread(struct digests *digests)
{
	unsigned ready = 0;

	for (struct flight *at = digests->first; at; at = at->next)
		ready += may_start(digests, at);
	(void)pthread_cond_signal(&digests->work);
	/* A thread that was woken for an earlier file still counts as idle. */
	if (ready > digests->idle)
		create_thread(digests);
}

/* False until its slice has been under way for too long. */
static bool is_stuck(struct flight *flight, int64_t now_ms)
{
	if (flight->state != FLIGHT_HASHING || flight->stuck)
		return false;
	if (!flight->since_ms)
		flight->since_ms = now_ms;
	return now_ms - flight->since_ms > DIGESTS_STUCK_MS;
}

/* Each stuck thread is replaced, even if no file can start: a thread is needed
 * to drop expired digests, and to give up hashes that no request waits for. */
void digests_watch(struct digests *digests, int64_t now_ms)
{
	(void)pthread_mutex_lock(&digests->lock);
	for (struct flight *at = digests->first; at; at = at->next) {
		if (!is_stuck(at, now_ms))
			continue;
		at->stuck = true;
		digests->stuck++;
		digests->may_hang -= at->may_hang;
		if (!digests->idle)
			create_thread(digests);
	}
	if (digests->stuck)
		digests_start_thread(digests);
	(void)pthread_mutex_unlock(&digests->lock);
}
