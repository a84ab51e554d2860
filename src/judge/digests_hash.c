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
	SLICE = 8 * 1024 * 1024,
	STACK = 256 * 1024,
	FORGET = 256 * 1024 * 1024, /* bytes after which users start anew */
};

static struct digest_user *find_user(struct digests *digests, uint32_t user)
{
	struct digest_user *least = &digests->users[0];

	for (size_t i = 0; i < USERS; i++) {
		struct digest_user *at = &digests->users[i];

		if (at->user == user)
			return at;
		if (at->bytes < least->bytes)
			least = at;
	}
	*least = (struct digest_user){.user = user};
	return least;
}

static void account(struct digests *digests, uint32_t user, uint64_t bytes)
{
	struct digest_user *whose = find_user(digests, user);

	digests->bytes += bytes;
	whose->bytes += bytes;
	if (whose->bytes < FORGET)
		return;
	for (size_t i = 0; i < USERS; i++)
		digests->users[i].bytes /= 2;
}

static bool comes_before(struct digests *digests, const struct flight *one,
			 const struct flight *other)
{
	uint64_t of_one = find_user(digests, one->user)->bytes;
	uint64_t of_other = find_user(digests, other->user)->bytes;

	if (one->user != other->user && of_one != of_other)
		return of_one < of_other;
	if (one->offset != other->offset)
		return one->offset < other->offset;
	return one->serial < other->serial;
}

static struct flight *pick(struct digests *digests)
{
	struct flight *best = NULL;

	for (struct flight *at = digests->first; at; at = at->next)
		if (at->state == FLIGHT_QUEUED &&
		    (!best || comes_before(digests, at, best)))
			best = at;
	return best;
}

/* Hash the rest of the file, but no more than a slice. 1: there is more. */
static int hash_slice(const struct flight *flight, uint64_t *offset)
{
	int rc = sha256_add_file(flight->sum, flight->fd, offset,
				 *offset + SLICE, NULL);

	return *offset > flight->limit ? -1 : rc;
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
		trusted = 0; /* for those that wait only */
	if (flight->state == FLIGHT_FAILED)
		trusted = DIGESTS_MOMENT_MS;
	flight->owed = flight->waiting;
	flight->until_ms = digests_now_ms() + trusted;
	close_owned(&flight->fd);
	sha256_owned(&flight->sum);
}

/* True where it is over: whoever waits can be told. */
static bool advance(struct digests *digests, struct flight *flight)
{
	uint64_t offset = flight->offset;
	uint64_t before = offset;
	bool given_up =
		flight->written ||
		(!flight->waiting &&
		 flight->alone_ms + DIGESTS_ALONE_MS < digests_now_ms());
	int rc = -1;

	flight->state = FLIGHT_HASHING;
	if (!given_up) {
		(void)pthread_mutex_unlock(&digests->lock);
		rc = hash_slice(flight, &offset);
		(void)pthread_mutex_lock(&digests->lock);
	}
	flight->offset = offset;
	account(digests, flight->user, offset - before);
	if (rc > 0) {
		flight->state = FLIGHT_QUEUED;
		return false;
	}
	finish(digests, flight, rc);
	if (given_up)
		flight->written = true;
	return true;
}

/* When the next of what is known is to be forgotten; 0: there is none. */
static int64_t sweep(struct digests *digests)
{
	int64_t now = digests_now_ms();
	int64_t first = 0;
	struct flight *next;

	for (struct flight *at = digests->first; at; at = next) {
		next = at->next;
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

/* False: there is nothing to look after any more. */
static bool wait_for_work(struct digests *digests)
{
	int64_t when = sweep(digests);
	const struct timespec until = {.tv_sec = when / 1000,
				       .tv_nsec = when % 1000 * 1000000};

	/* One is enough to forget what is known. */
	if (!when || digests->idle)
		return false;
	digests->idle++;
	(void)pthread_cond_timedwait(&digests->work, &digests->lock, &until);
	digests->idle--;
	return true;
}

static void *hash_files(void *argument)
{
	struct digests *digests = argument;

	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)pthread_mutex_lock(&digests->lock);
	for (;;) {
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
	(void)pthread_mutex_unlock(&digests->lock);
	return NULL;
}

/* Signals are blocked here, as in all threads. */
void digests_start_thread(struct digests *digests)
{
	pthread_attr_t attributes;
	pthread_t thread;
	unsigned queued = 0;

	for (struct flight *at = digests->first; at; at = at->next)
		queued += at->state == FLIGHT_QUEUED;
	(void)pthread_cond_signal(&digests->work);
	/* A thread that was woken for an earlier file still counts as idle. */
	if (queued <= digests->idle || digests->threads == DIGESTS_THREADS)
		return;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, hash_files, digests) == 0)
		digests->threads++;
	(void)pthread_attr_destroy(&attributes);
}
