#include "clock.h"
#include "kept_internal.h"

#include "lease.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 * 1024 };

int64_t kept_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

struct kept *kept_new(const struct container *container,
		      struct journal *journal)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	kept->container = container;
	kept->journal = journal;
	(void)pthread_mutex_init(&kept->lock, NULL);
	(void)pthread_mutex_init(&kept->freezing, NULL);
	return kept;
}

static void library_free(struct library *library)
{
	if (!library)
		return;
	close_owned(&library->lease);
	close_owned(&library->merged);
	free(library->path);
	free(library);
}

void kept_release(struct kept *kept, struct library *library)
{
	struct library **at = &kept->first;

	while (*at && *at != library)
		at = &(*at)->next;
	if (*at)
		*at = library->next;
	kept->count--;
	library_free(library);
}

/* Signals are blocked here, as in all threads. */
static bool start_thread(struct kept *kept)
{
	pthread_attr_t attributes;

	if (kept->started)
		return true;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	kept->started = pthread_create(&kept->thread, &attributes,
				       kept_serve_writers, kept) == 0;
	(void)pthread_attr_destroy(&attributes);
	return kept->started;
}

/* Record the cgroup of those that may have a mapping: the task, and its
 * children. */
static bool learn_cgroup(struct kept *kept, pid_t tid)
{
	OWNED(free_owned) char *text = mappers_cgroup(tid);

	for (size_t i = 0; text && i < kept->cgroup_count; i++)
		if (mappers_below(text, kept->cgroups[i]))
			return true;
	if (!text || kept->cgroup_count == CGROUPS_MAX)
		return false;
	kept->cgroups[kept->cgroup_count++] = PTR_MOVE(text);
	return true;
}

static struct library *library_new(struct kept_file *file,
				   const struct stat *leased)
{
	struct library *library = calloc(1, sizeof(*library));

	if (!library)
		return NULL;
	library->lease = FD_MOVE(file->lease);
	library->merged = FD_MOVE(file->merged);
	library->leased = *leased;
	library->identity = file->identity;
	library->path = file->path ? strdup(file->path) : NULL;
	memcpy(library->digest, file->digest, DIGEST_SIZE);
	return library;
}

static struct library *find(const struct kept *kept, const struct stat *leased)
{
	struct library *at = kept->first;

	while (at && (at->leased.st_dev != leased->st_dev ||
		      at->leased.st_ino != leased->st_ino))
		at = at->next;
	return at;
}

/* The next sweep is after the last file was added, or sooner if there are
 * many. */
static void schedule(struct kept *kept, int64_t now)
{
	bool wake = !kept->sweep_ms || kept->count >= KEPT_MAX / 2;

	if (kept->count < KEPT_MAX / 2)
		kept->sweep_ms = now + SWEEP_MS;
	else if (!kept->sweep_ms || kept->sweep_ms > now + SETTLE_MS)
		kept->sweep_ms = now + SETTLE_MS;
	if (wake)
		(void)pthread_kill(kept->thread, SIGIO);
}

static enum kept_outcome add(struct kept *kept, pid_t tid,
			     struct kept_file *file)
{
	struct library *library;
	int64_t now = kept_now_ms();
	struct stat leased;

	if (!lease_watch(file->lease) ||
	    (file->merged >= 0 && !lease_watch(file->merged)))
		return KEPT_WRITTEN;
	if (fstat(file->lease, &leased) < 0 || !start_thread(kept) ||
	    !learn_cgroup(kept, tid))
		return KEPT_FULL;
	library = find(kept, &leased);
	if (library) {
		library->since_ms = now;
		return KEPT;
	}
	if (kept->count == KEPT_MAX) {
		schedule(kept, now);
		return KEPT_FULL;
	}
	library = library_new(file, &leased);
	if (!library)
		return KEPT_FULL;
	library->since_ms = now;
	library->next = kept->first;
	kept->first = library;
	kept->count++;
	schedule(kept, now);
	return KEPT;
}

void kept_end(struct kept *kept)
{
	(void)pthread_mutex_lock(&kept->freezing);
}

enum kept_outcome kept_add(struct kept *kept, pid_t tid,
			   struct kept_file *take_file)
{
	enum kept_outcome outcome;

	(void)pthread_mutex_lock(&kept->lock);
	outcome = add(kept, tid, take_file);
	(void)pthread_mutex_unlock(&kept->lock);
	close_owned(&take_file->lease);
	close_owned(&take_file->merged);
	return outcome;
}
