#include "resolver.h"

#include "digests.h"
#include "held.h"
#include "inspection.h"
#include "judge_open.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>

enum {
	THREADS_MAX = 64, /* in addition to the lost ones */
	THREADS_ALL_MAX = 1024,
	STACK = 256 * 1024,
	IDLE_S = 10,
	STUCK_MS = 500,
};

struct resolver {
	const struct judge *judge;
	struct kept *kept;
	struct journal *journal;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Oldest first; targets that are stopped already before requests,
	 * which a container can make by the thousand. */
	struct job *todo[2];
	struct job **todo_end[2];
	struct job *parked; /* jobs that wait for a digest */
	struct job *done;
	unsigned threads; /* started and not ended */
	unsigned lost;	  /* those with an abandoned or stuck job */
	unsigned idle;
	unsigned queued;
	int wake;
};

static void *resolve(void *argument);

static void start_thread(struct resolver *resolver)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t old;

	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&thread, &attributes, resolve, resolver) == 0)
		resolver->threads++;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attributes);
}

/* A thread that was woken for an earlier job still counts as idle. */
static void start_if_needed(struct resolver *resolver)
{
	if (resolver->queued > resolver->idle &&
	    resolver->threads - resolver->lost < THREADS_MAX &&
	    resolver->threads < THREADS_ALL_MAX)
		start_thread(resolver);
}

/* Called with the lock held. */
static void enqueue(struct resolver *resolver, struct job *job)
{
	const size_t queue = job->kind == JOB_REQUEST ? 1 : 0;

	job->next = NULL;
	*resolver->todo_end[queue] = job;
	resolver->todo_end[queue] = &job->next;
	resolver->queued++;
	start_if_needed(resolver);
	(void)pthread_cond_signal(&resolver->changed);
}

/* The next job, or NULL after a while without one. */
static struct job *take_job(struct resolver *resolver)
{
	struct timespec until;
	struct job *job;
	size_t queue;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_S;
	(void)pthread_mutex_lock(&resolver->lock);
	resolver->idle++;
	while (!resolver->todo[0] && !resolver->todo[1]) {
		/* One thread waits forever, so that an idle supervisor isn't
		 * woken and its next job needs no new thread. */
		int rc = resolver->threads == 1
				 ? pthread_cond_wait(&resolver->changed,
						     &resolver->lock)
				 : pthread_cond_timedwait(&resolver->changed,
							  &resolver->lock,
							  &until);
		if (rc == ETIMEDOUT && resolver->threads > 1)
			break;
	}
	resolver->idle--;
	queue = resolver->todo[0] ? 0 : 1;
	job = resolver->todo[queue];
	if (job) {
		job->taken = true;
		job->taken_ms = held_now_ms();
		resolver->lost += job->abandoned;
		resolver->todo[queue] = job->next;
		resolver->queued--;
		if (!job->next)
			resolver->todo_end[queue] = &resolver->todo[queue];
	} else {
		resolver->threads--;
	}
	(void)pthread_mutex_unlock(&resolver->lock);
	return job;
}

static void give_back(struct resolver *resolver, struct job *job)
{
	bool abandoned;

	(void)pthread_mutex_lock(&resolver->lock);
	abandoned = job->abandoned;
	resolver->lost -= abandoned || job->stuck;
	job->taken = false;
	if (!abandoned) {
		job->next = resolver->done;
		resolver->done = job;
	}
	(void)pthread_mutex_unlock(&resolver->lock);
	if (abandoned)
		job_free(job);
	else
		(void)eventfd_write(resolver->wake, 1);
}

/* Run the jobs that wait for this digest again. */
static void unpark(void *argument, uint64_t serial)
{
	struct resolver *resolver = argument;
	struct job **at = &resolver->parked;

	(void)pthread_mutex_lock(&resolver->lock);
	while (*at) {
		struct job *job = *at;

		if (job->waits != serial) {
			at = &job->next;
			continue;
		}
		*at = job->next;
		enqueue(resolver, job);
	}
	(void)pthread_mutex_unlock(&resolver->lock);
}

/* Called with the lock held: an abandoned job is only freed. */
static bool take_from_parked(struct resolver *resolver, struct job *job)
{
	struct job **at = &resolver->parked;

	while (*at && *at != job)
		at = &(*at)->next;
	if (!*at)
		return false;
	*at = job->next;
	enqueue(resolver, job);
	return true;
}

/* A parked job occupies no thread. Its digest may be finished by now. */
static void park(struct resolver *resolver, struct job *job)
{
	struct digests *digests = resolver->judge->digests;
	const uint64_t serial = job->waits;
	bool pending = digests_pending(digests, serial);
	bool abandoned;

	(void)pthread_mutex_lock(&resolver->lock);
	job->taken = false;
	abandoned = job->abandoned;
	resolver->lost -= abandoned || job->stuck;
	job->stuck = false;
	job->waited_count -= abandoned; /* it leaves this one */
	if (abandoned || !pending) {
		enqueue(resolver, job);
	} else {
		job->next = resolver->parked;
		resolver->parked = job;
	}
	(void)pthread_mutex_unlock(&resolver->lock);
	if (abandoned)
		digests_leave(digests, serial);
	/* If the digest was finished in between, the job would wait forever. */
	else if (pending && !digests_pending(digests, serial))
		unpark(resolver, serial);
}

static bool is_abandoned(struct resolver *resolver, const struct job *job)
{
	bool abandoned;

	(void)pthread_mutex_lock(&resolver->lock);
	abandoned = job->abandoned;
	(void)pthread_mutex_unlock(&resolver->lock);
	return abandoned;
}

static void *resolve(void *argument)
{
	struct resolver *resolver = argument;
	struct inspection *inspection = malloc(sizeof(*inspection));
	struct job *job;

	(void)setpriority(PRIO_PROCESS, 0, 0);
	while ((job = take_job(resolver))) {
		/* Zero denies: without memory nothing is allowed. */
		if (inspection && !is_abandoned(resolver, job) &&
		    !job_run(job, resolver->judge, resolver->kept,
			     resolver->journal, inspection)) {
			park(resolver, job);
			continue;
		}
		job_settle(job, resolver->judge->digests);
		give_back(resolver, job);
	}
	free(inspection);
	return NULL;
}

int resolver_new(const struct judge *judge, struct kept *kept,
		 struct journal *journal, struct resolver **ret, int *ret_wake,
		 struct err *e)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return err_set(e, ENOMEM, "start the resolver");
	resolver->judge = judge;
	resolver->kept = kept;
	resolver->journal = journal;
	for (size_t i = 0; i < ARRAY_LEN(resolver->todo); i++)
		resolver->todo_end[i] = &resolver->todo[i];
	resolver->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&resolver->lock, NULL);
	(void)pthread_cond_init(&resolver->changed, NULL);
	if (resolver->wake >= 0)
		start_thread(resolver);
	if (resolver->threads == 0) {
		close_owned(&resolver->wake);
		free(resolver);
		return err_set(e, EAGAIN, "start a resolver thread");
	}
	digests_set_done(judge->digests, unpark, resolver);
	*ret_wake = resolver->wake;
	*ret = resolver;
	return 0;
}

void resolver_submit(struct resolver *resolver, struct job *take_job)
{
	(void)pthread_mutex_lock(&resolver->lock);
	enqueue(resolver, take_job);
	(void)pthread_mutex_unlock(&resolver->lock);
}

struct job *resolver_done(struct resolver *resolver)
{
	struct job *job;

	(void)pthread_mutex_lock(&resolver->lock);
	job = resolver->done;
	if (job)
		resolver->done = job->next;
	(void)pthread_mutex_unlock(&resolver->lock);
	return job;
}

void resolver_watch(struct resolver *resolver, struct job *job, int64_t now_ms)
{
	(void)pthread_mutex_lock(&resolver->lock);
	if (job->taken && !job->stuck && now_ms - job->taken_ms > STUCK_MS) {
		job->stuck = true;
		resolver->lost++;
		start_if_needed(resolver);
	}
	(void)pthread_mutex_unlock(&resolver->lock);
}

bool resolver_abandon(struct resolver *resolver, struct job *job)
{
	bool done = false;
	uint64_t left = 0;

	(void)pthread_mutex_lock(&resolver->lock);
	for (struct job *at = resolver->done; at; at = at->next)
		done = done || at == job;
	job->abandoned = !done;
	if (!done && job->taken)
		resolver->lost += !job->stuck;
	else if (!done && take_from_parked(resolver, job)) {
		left = job->waits;
		job->waited_count--;
	}
	start_if_needed(resolver);
	(void)pthread_mutex_unlock(&resolver->lock);
	if (left)
		digests_leave(resolver->judge->digests, left);
	return !done;
}
