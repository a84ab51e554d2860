#include "digests_internal.h"

#include "file.h"
#include "lease.h"

#include <stdlib.h>

void digests_free_flight(struct flight *flight)
{
	close_owned(&flight->fd);
	close_owned(&flight->lease);
	close_owned(&flight->merged);
	sha256_owned(&flight->sum);
	free(flight);
}

void digests_drop(struct digests *digests, struct flight *flight)
{
	struct flight **at = &digests->first;

	while (*at && *at != flight)
		at = &(*at)->next;
	if (*at)
		*at = flight->next;
	digests->count--;
	digests_free_flight(flight);
}

bool digests_is_over(const struct flight *flight)
{
	return flight->state == FLIGHT_KNOWN || flight->state == FLIGHT_FAILED;
}

bool digests_unbroken(const struct flight *flight)
{
	return lease_unbroken(flight->lease) &&
	       (flight->merged < 0 || lease_unbroken(flight->merged));
}

/* A judgement that waits for several files asks for the first one again after
 * the last is hashed: a digest that is owed is kept longer. */
int64_t digests_expires_ms(const struct flight *flight)
{
	return flight->until_ms + (flight->owed ? DIGESTS_OWED_MS : 0);
}

/* True if the digest holds, or will when the hash is finished. */
static bool stands(const struct flight *flight)
{
	return !flight->written &&
	       !(digests_is_over(flight) &&
		 digests_expires_ms(flight) <= digests_now_ms()) &&
	       (!flight->leased || digests_unbroken(flight));
}

/* An identity is enough for a hint, even if it was hashed for another
 * request. */
static bool answers(const struct flight *flight, const struct digest_ask *ask,
		    const struct leased *leased)
{
	if (flight->exact)
		return false;
	if (ask->lease >= 0 && flight->leased && flight->dev == leased->dev &&
	    flight->ino == leased->ino)
		return true;
	return ask->need != NEED_PROOF &&
	       identity_same_file(&flight->id, &ask->id) &&
	       identity_same_content(&flight->id, &ask->id);
}

struct flight *digests_find_flight(struct digests *digests,
				   const struct digest_ask *ask,
				   const struct leased *leased)
{
	struct flight *next;

	for (struct flight *at = digests->first; at; at = next) {
		next = at->next;
		if (!answers(at, ask, leased))
			continue;
		if (stands(at))
			return at;
		if (digests_is_over(at))
			digests_drop(digests, at);
	}
	return NULL;
}

/* The oldest finished one makes room. */
static bool make_room(struct digests *digests)
{
	struct flight *oldest = NULL;

	if (digests->count < DIGESTS_MAX)
		return true;
	for (struct flight *at = digests->first; at; at = at->next)
		if (digests_is_over(at) && !at->exact &&
		    (!oldest || at->until_ms < oldest->until_ms))
			oldest = at;
	if (oldest)
		digests_drop(digests, oldest);
	return oldest;
}

struct flight *digests_crowd(struct digests *digests, uint32_t user)
{
	struct flight *other = NULL;
	struct flight *own = NULL;
	size_t count = 0;

	for (struct flight *at = digests->first; at; at = at->next) {
		if (digests_is_over(at))
			continue;
		other = at;
		if (at->user != user)
			continue;
		own = at;
		count++;
	}
	if (count >= DIGESTS_USER_MAX)
		return own;
	return make_room(digests) ? NULL : other;
}

unsigned digests_count_stories(const struct digests *digests)
{
	unsigned count = 0;

	for (struct flight *at = digests->first; at; at = at->next)
		count += at->story && !digests_is_over(at);
	return count;
}
