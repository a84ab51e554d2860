#include "resolver.h"

#include "digests.h"
#include "held.h"
#include "judge_open.h"
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CROWD = 80, THREADS = 64 };

/*
 * The resolver's jobs are stood in for: these functions take the place of
 * job.c's. A job counts itself, notes its number, and waits to be let go on.
 */
static sem_t go;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned running, most, freed, settled;
static pid_t order[2 * CROWD];
static unsigned ran;

static unsigned value(const unsigned *of)
{
	unsigned now;

	(void)pthread_mutex_lock(&lock);
	now = *of;
	(void)pthread_mutex_unlock(&lock);
	return now;
}

bool job_run(struct job *job, const struct judge *judge, struct kept *kept,
	     struct journal *journal, struct inspection *inspection)
{
	(void)judge;
	(void)kept;
	(void)journal;
	(void)inspection;
	(void)pthread_mutex_lock(&lock);
	order[ran++] = job->tid;
	running++;
	most = running > most ? running : most;
	(void)pthread_mutex_unlock(&lock);
	while (sem_wait(&go) < 0)
		;
	(void)pthread_mutex_lock(&lock);
	running--;
	(void)pthread_mutex_unlock(&lock);
	return true;
}

void job_settle(struct job *job, struct digests *digests)
{
	(void)job;
	(void)digests;
	(void)pthread_mutex_lock(&lock);
	settled++;
	(void)pthread_mutex_unlock(&lock);
}

void job_free(struct job *job)
{
	free(job);
	(void)pthread_mutex_lock(&lock);
	freed++;
	(void)pthread_mutex_unlock(&lock);
}

static struct job *submit(struct resolver *resolver, enum job_kind kind,
			  pid_t tid)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->kind = kind;
	job->tid = tid;
	resolver_submit(resolver, job);
	return job;
}

static bool becomes(const unsigned *of, unsigned expected)
{
	for (int i = 0; i < 1000; i++) {
		if (value(of) == expected)
			return true;
		(void)usleep(10000);
	}
	return false;
}

static void let_go(unsigned count)
{
	while (count--)
		(void)sem_post(&go);
}

static struct job *wait_done(struct resolver *resolver, int wake)
{
	struct pollfd done = {.fd = wake, .events = POLLIN};
	eventfd_t ignored;
	struct job *job = resolver_done(resolver);

	while (!job && poll(&done, 1, 10000) == 1) {
		(void)eventfd_read(wake, &ignored);
		job = resolver_done(resolver);
	}
	return job;
}

static unsigned drain(struct resolver *resolver, int wake, unsigned count)
{
	unsigned got = 0;

	while (got < count) {
		struct job *job = wait_done(resolver, wake);

		if (!job)
			break;
		job_free(job);
		got++;
	}
	return got;
}

/* More jobs than threads, all of which wait. */
static void check_crowd(struct resolver *resolver, int wake)
{
	for (pid_t tid = 1; tid <= CROWD; tid++)
		(void)submit(resolver, JOB_REQUEST, tid);
	CHECK("as many as there are threads run", becomes(&running, THREADS));
	(void)submit(resolver, JOB_LOADED, 1000);
	let_go(1);
	CHECK("the next begins when one ends", becomes(&ran, THREADS + 1));
	CHECK("a target that is stopped comes before requests, though later",
	      order[THREADS] == 1000);
	let_go(1);
	CHECK("then the oldest request",
	      becomes(&ran, THREADS + 2) && order[THREADS + 1] == THREADS + 1);
	let_go(CROWD - 1);
	CHECK("all come back", drain(resolver, wake, CROWD + 1) == CROWD + 1);
	CHECK("no more than 64 ever ran at once", value(&most) == THREADS);
	CHECK("each was settled once", value(&settled) == CROWD + 1);
}

static void check_abandoned(struct resolver *resolver, int wake)
{
	unsigned begun = value(&ran);
	unsigned gone = value(&freed);
	struct job *job = submit(resolver, JOB_REQUEST, 1);

	CHECK("a job is under way", becomes(&ran, begun + 1));
	CHECK("it can be given up", resolver_abandon(resolver, job));
	CHECK("nothing of it is done yet", !resolver_done(resolver));
	let_go(1);
	CHECK("its thread frees it when it is through",
	      becomes(&freed, gone + 1));
	CHECK("it never comes back", !resolver_done(resolver));
	job = submit(resolver, JOB_REQUEST, 2);
	let_go(1);
	CHECK("a job that is settled",
	      becomes(&running, 0) && becomes(&settled, CROWD + 3));
	(void)usleep(100000);
	CHECK("can't be given up any more", !resolver_abandon(resolver, job));
	CHECK("it comes back", drain(resolver, wake, 1) == 1);
}

/* If all threads are busy, another one takes the place of a stuck job's. */
static void check_stuck(struct resolver *resolver, int wake)
{
	unsigned begun = value(&ran);
	struct job *first = submit(resolver, JOB_REQUEST, 1);

	CHECK("the first is under way", becomes(&ran, begun + 1));
	for (pid_t tid = 2; tid <= THREADS + 1; tid++)
		(void)submit(resolver, JOB_REQUEST, tid);
	CHECK("one waits", becomes(&running, THREADS));
	resolver_watch(resolver, first, held_now_ms());
	CHECK("a job that has just begun isn't stuck",
	      value(&running) == THREADS);
	resolver_watch(resolver, first, held_now_ms() + 10000);
	CHECK("in place of one that hangs another thread begins",
	      becomes(&running, THREADS + 1));
	resolver_watch(resolver, first, held_now_ms() + 20000);
	let_go(THREADS + 1);
	CHECK("all come back",
	      drain(resolver, wake, THREADS + 1) == THREADS + 1);
	CHECK("none runs any more", becomes(&running, 0));
}

int main(void)
{
	static struct judge judge;
	struct resolver *resolver;
	struct err e = {0};
	int wake;

	judge.digests = digests_new();
	if (!judge.digests || sem_init(&go, 0, 0) < 0 ||
	    resolver_new(&judge, NULL, NULL, &resolver, &wake, &e) < 0)
		return EXIT_FAILURE;
	CHECK("nothing is done at first", !resolver_done(resolver));
	check_crowd(resolver, wake);
	check_abandoned(resolver, wake);
	check_stuck(resolver, wake);
	TEST_END();
}
