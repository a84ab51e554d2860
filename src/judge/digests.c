#include "clock.h"
#include "digests_internal.h"

#include "err.h"
#include "file.h"
#include "lease.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { STORIES_MAX = 2, EXACT_S = 15 };

int64_t digests_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

struct digests *digests_new(void)
{
	struct digests *digests = calloc(1, sizeof(*digests));
	pthread_condattr_t clock;

	if (!digests)
		return NULL;
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&digests->lock, NULL);
	(void)pthread_cond_init(&digests->work, &clock);
	(void)pthread_cond_init(&digests->over, &clock);
	(void)pthread_condattr_destroy(&clock);
	return digests;
}

void digests_set_done(struct digests *digests, digests_done *done,
		      void *context)
{
	digests->done = done;
	digests->context = context;
}

/* Have SIGUSR1 sent when a process wants to write. False if one does just
 * now. */
static bool watch(struct flight *flight)
{
	return lease_watch_by(flight->lease, SIGUSR1) &&
	       (flight->merged < 0 || lease_watch_by(flight->merged, SIGUSR1));
}

static void give_back(struct flight *flight)
{
	lease_give_back(&flight->lease);
	lease_give_back(&flight->merged);
}

static struct flight *begin(struct digests *digests, struct digest_ask *ask,
			    struct leased *leased)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return NULL;
	flight->sum = sha256_new();
	flight->fd = FD_MOVE(ask->fd);
	flight->lease = FD_MOVE(ask->lease);
	flight->merged = FD_MOVE(leased->merged);
	if (flight->lease >= 0 && !watch(flight))
		give_back(flight);
	flight->leased = flight->lease >= 0;
	if (!flight->sum) {
		digests_free_flight(flight);
		return NULL;
	}
	flight->serial = ++digests->serial;
	flight->story = ask->need == NEED_STORY;
	flight->exact = !flight->leased && ask->need == NEED_PROOF;
	flight->brief = ask->brief || !flight->leased;
	if (flight->leased) {
		flight->dev = leased->dev;
		flight->ino = leased->ino;
	}
	flight->foreign = ask->foreign;
	flight->may_hang = ask->may_hang;
	flight->id = ask->id;
	flight->limit = ask->limit;
	flight->user = ask->user;
	flight->alone_ms = digests_now_ms();
	flight->next = digests->first;
	digests->first = flight;
	digests->count++;
	digests_start_thread(digests);
	return flight;
}

/* The digest of a file without a lease is good for this request alone, so the
 * caller waits for it. Few do: those for image files on which no lease is
 * possible. */
static enum digest_answer wait_here(struct digests *digests,
				    struct flight *flight,
				    uint8_t ret_digest[DIGEST_SIZE])
{
	enum digest_answer answer = DIGEST_FAILED;
	struct timespec until;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += EXACT_S;
	flight->waiting++;
	while (!digests_is_over(flight) && rc == 0)
		rc = pthread_cond_timedwait(&digests->over, &digests->lock,
					    &until);
	flight->waiting--;
	flight->alone_ms = 0;
	if (flight->state == FLIGHT_KNOWN) {
		memcpy(ret_digest, flight->digest, DIGEST_SIZE);
		answer = DIGEST_KNOWN;
	}
	if (digests_is_over(flight))
		digests_drop(digests, flight);
	return answer;
}

static enum digest_answer tell(struct flight *flight,
			       uint8_t ret_digest[DIGEST_SIZE],
			       uint64_t *ret_serial)
{
	if (flight->state == FLIGHT_FAILED)
		return DIGEST_FAILED;
	if (flight->state == FLIGHT_KNOWN) {
		memcpy(ret_digest, flight->digest, DIGEST_SIZE);
		return DIGEST_KNOWN;
	}
	flight->waiting++;
	*ret_serial = flight->serial;
	return DIGEST_WAITS;
}

static enum digest_answer find_or_begin(struct digests *digests,
					struct digest_ask *ask,
					struct leased *leased,
					uint8_t ret_digest[DIGEST_SIZE],
					uint64_t *ret_serial)
{
	struct flight *flight = digests_find_flight(digests, ask, leased);

	if (flight)
		return tell(flight, ret_digest, ret_serial);
	if (ask->need == NEED_STORY &&
	    digests_count_stories(digests) >= STORIES_MAX)
		return DIGEST_FAILED;
	flight = digests_crowd(digests, ask->user);
	if (flight)
		return tell(flight, ret_digest, ret_serial);
	flight = begin(digests, ask, leased);
	if (!flight)
		return DIGEST_FAILED;
	return flight->exact ? wait_here(digests, flight, ret_digest)
			     : tell(flight, ret_digest, ret_serial);
}

static bool is_known(struct digests *digests, const struct digest_ask *ask,
		     const struct leased *leased)
{
	bool known;

	(void)pthread_mutex_lock(&digests->lock);
	known = digests_find_flight(digests, ask, leased);
	(void)pthread_mutex_unlock(&digests->lock);
	return known;
}

/* Called without the lock, since it asks the file system. Without a second
 * lease that is needed, the first is worth nothing. */
static void complete_lease(struct digests *digests, struct digest_ask *ask,
			   struct leased *leased)
{
	struct stat st;

	if (ask->lease < 0)
		return;
	if (fstat(ask->lease, &st) < 0) {
		close_owned(&ask->lease);
		return;
	}
	leased->dev = st.st_dev;
	leased->ino = st.st_ino;
	if (!is_known(digests, ask, leased) &&
	    lease_merged(ask->fd, &leased->merged, NULL) < 0)
		lease_give_back(&ask->lease);
}

enum digest_answer digests_find(struct digests *digests,
				struct digest_ask *take_ask,
				uint8_t ret_digest[DIGEST_SIZE],
				uint64_t *ret_serial)
{
	struct leased leased = {.merged = -1};
	enum digest_answer answer;

	*ret_serial = 0;
	complete_lease(digests, take_ask, &leased);
	(void)pthread_mutex_lock(&digests->lock);
	answer = find_or_begin(digests, take_ask, &leased, ret_digest,
			       ret_serial);
	(void)pthread_mutex_unlock(&digests->lock);
	lease_give_back(&leased.merged);
	close_owned(&take_ask->fd);
	close_owned(&take_ask->lease);
	return answer;
}

static struct flight *by_serial(const struct digests *digests, uint64_t serial)
{
	struct flight *at = digests->first;

	while (at && at->serial != serial)
		at = at->next;
	return at;
}

bool digests_pending(struct digests *digests, uint64_t serial)
{
	const struct flight *flight;
	bool pending;

	(void)pthread_mutex_lock(&digests->lock);
	flight = by_serial(digests, serial);
	pending = flight && !digests_is_over(flight);
	(void)pthread_mutex_unlock(&digests->lock);
	return pending;
}

void digests_leave(struct digests *digests, uint64_t serial)
{
	struct flight *flight;

	(void)pthread_mutex_lock(&digests->lock);
	flight = by_serial(digests, serial);
	if (flight && flight->waiting && --flight->waiting == 0)
		flight->alone_ms = digests_now_ms();
	(void)pthread_mutex_unlock(&digests->lock);
}

void digests_settle(struct digests *digests, uint64_t serial)
{
	struct flight *flight;

	(void)pthread_mutex_lock(&digests->lock);
	flight = by_serial(digests, serial);
	if (flight && digests_is_over(flight) && flight->owed &&
	    --flight->owed == 0) {
		/* The mount isn't busy once the lease is given back; the digest
		 * remains as a hint. */
		if (flight->foreign && flight->leased) {
			give_back(flight);
			flight->leased = false;
			flight->until_ms = digests_now_ms() + DIGESTS_MOMENT_MS;
		}
		/* The digest expires earlier now: wake a thread that drops it
		 * then. */
		(void)pthread_cond_signal(&digests->work);
	}
	(void)pthread_mutex_unlock(&digests->lock);
}

/* Requests that wait for a hash under way are notified when its thread sees
 * this. */
void digests_let_write(struct digests *digests)
{
	struct flight *next;

	(void)pthread_mutex_lock(&digests->lock);
	for (struct flight *at = digests->first; at; at = next) {
		next = at->next;
		if (!at->leased || digests_unbroken(at))
			continue;
		if (digests_is_over(at)) {
			digests_drop(digests, at);
			continue;
		}
		at->written = true;
		give_back(at);
	}
	(void)pthread_mutex_unlock(&digests->lock);
}

void digests_count(struct digests *digests, uint64_t *ret_files,
		   uint64_t *ret_bytes)
{
	(void)pthread_mutex_lock(&digests->lock);
	*ret_files = digests->files;
	*ret_bytes = digests->bytes;
	(void)pthread_mutex_unlock(&digests->lock);
}
