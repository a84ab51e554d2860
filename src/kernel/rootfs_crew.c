#include "clock.h"
#include "rootfs_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <time.h>

enum { THREADS_MAX = 64 };

static int copy_except(struct crew *crew, const struct rootfs_walk *walk)
{
	const size_t size = walk->except_count * sizeof(*walk->except);
	struct identity *copy = malloc(size ? size : 1);

	if (copy && size)
		memcpy(copy, walk->except, size);
	crew->except = copy;
	crew->walk.except = copy;
	return copy ? 0 : -1;
}

struct crew *crew_new(const struct rootfs_walk *walk)
{
	struct crew *crew = calloc(1, sizeof(*crew));
	pthread_condattr_t clock;

	if (!crew)
		return NULL;
	crew->walk = *walk;
	crew->users = 1;
	(void)pthread_mutex_init(&crew->lock, NULL);
	(void)pthread_condattr_init(&clock);
	(void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&crew->changed, &clock);
	(void)pthread_condattr_destroy(&clock);
	crew->links = links_new();
	crew->walk.root = fcntl(walk->root, F_DUPFD_CLOEXEC, 0);
	if (copy_except(crew, walk) == 0 && crew->links && crew->walk.root >= 0)
		return crew;
	crew_leave(crew);
	return NULL;
}

void crew_leave(struct crew *crew)
{
	bool last;

	(void)pthread_mutex_lock(&crew->lock);
	last = --crew->users == 0;
	(void)pthread_mutex_unlock(&crew->lock);
	if (!last)
		return;
	while (crew->todo) {
		struct folder *next = crew->todo->next;

		free(crew->todo);
		crew->todo = next;
	}
	free(crew->except);
	links_free(crew->links);
	close_owned(&crew->walk.root);
	free(crew);
}

void crew_fail(struct crew *crew, const struct err *e)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->failed)
		crew->error = *e;
	crew->failed = true;
	atomic_store(&crew->over, true);
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

void crew_unreadable(struct crew *crew, const char *path, int error)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->left)
		crew->walk.unreadable(crew->walk.context, path, error);
	(void)pthread_mutex_unlock(&crew->lock);
}

void crew_push(struct crew *crew, const char *path, size_t len)
{
	struct folder *folder = malloc(sizeof(*folder) + len + 1);
	struct err e;

	if (!folder) {
		(void)err_set(&e, ENOMEM, "walk %s", path);
		crew_fail(crew, &e);
		return;
	}
	folder->len = len;
	memcpy(folder->path, path, len + 1);
	(void)pthread_mutex_lock(&crew->lock);
	folder->next = crew->todo;
	crew->todo = folder;
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

/* The next folder, or NULL when there is none and no thread can add one. The
 * caller is counted busy until it comes back. */
static struct folder *crew_pop(struct crew *crew)
{
	struct folder *folder;

	(void)pthread_mutex_lock(&crew->lock);
	while (!crew->todo && crew->busy && !crew->over)
		(void)pthread_cond_wait(&crew->changed, &crew->lock);
	folder = crew->over ? NULL : crew->todo;
	if (folder) {
		crew->todo = folder->next;
		crew->busy++;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return folder;
}

static void crew_rest(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (--crew->busy == 0)
		(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

void crew_found(struct crew *crew, const struct rootfs_file *file)
{
	const struct rootfs_walk *walk = &crew->walk;
	struct err e;
	int rc = 0;

	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->left) {
		rc = walk->found(walk->context, file, &e);
		crew->files++;
		crew->bytes += file->hashed;
		if (walk->progress)
			walk->progress(walk->context, crew->files, crew->bytes);
	}
	(void)pthread_mutex_unlock(&crew->lock);
	if (rc < 0)
		crew_fail(crew, &e);
}

/* Called with the lock held. */
static void exceed(struct crew *crew)
{
	crew->walk.limit->exceeded = true;
	atomic_store(&crew->over, true);
	(void)pthread_cond_broadcast(&crew->changed);
}

bool crew_spend_file(struct crew *crew)
{
	struct rootfs_limit *limit = crew->walk.limit;
	bool spent = !limit;

	if (!limit)
		return !crew->over;
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->left && !crew->over) {
		spent = limit->files > 0 &&
			clock_ns(CLOCK_MONOTONIC) < limit->until_ns;
		if (spent)
			limit->files--;
		else
			exceed(crew);
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return spent;
}

/* A file that doesn't fit takes nothing from the limit. */
bool crew_spend_bytes(struct crew *crew, uint64_t bytes)
{
	struct rootfs_limit *limit = crew->walk.limit;
	bool spent = !limit;

	if (!limit)
		return true;
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->left) {
		spent = bytes <= limit->bytes;
		if (spent)
			limit->bytes -= bytes;
		else
			limit->exceeded = true;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return spent;
}

bool crew_is_except(const struct crew *crew, const struct identity *id)
{
	for (size_t i = 0; i < crew->walk.except_count; i++)
		if (crew->walk.except[i].ino
			    ? identity_same_file(&crew->walk.except[i], id)
			    : crew->walk.except[i].mount == id->mount)
			return true;
	return false;
}

static void work(struct crew *crew)
{
	struct folder *folder;

	while ((folder = crew_pop(crew))) {
		crew->visit(crew, folder);
		free(folder);
		crew_rest(crew);
	}
}

static void *crew_member(void *argument)
{
	work(argument);
	crew_leave(argument);
	return NULL;
}

static unsigned core_count(void)
{
	cpu_set_t set;
	int count = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

/* Threads aren't waited for: the last one frees the crew. */
static bool start_member(struct crew *crew)
{
	pthread_t thread;

	(void)pthread_mutex_lock(&crew->lock);
	crew->users++;
	(void)pthread_mutex_unlock(&crew->lock);
	if (pthread_create(&thread, NULL, crew_member, crew) == 0)
		return pthread_detach(thread) == 0;
	crew_leave(crew);
	return false;
}

/* Called with the lock held: wait for the members, or abandon those that
 * hang. */
static void await(struct crew *crew)
{
	const struct rootfs_limit *limit = crew->walk.limit;
	struct timespec until = {0};
	int rc = 0;

	if (limit) {
		until.tv_sec = limit->until_ns / 1000000000;
		until.tv_nsec = limit->until_ns % 1000000000;
	}
	while (rc == 0 && (crew->busy || (crew->todo && !crew->over)))
		rc = limit ? pthread_cond_timedwait(&crew->changed, &crew->lock,
						    &until)
			   : pthread_cond_wait(&crew->changed, &crew->lock);
	if (rc != 0)
		exceed(crew);
}

int crew_run(struct crew *crew, struct err *e)
{
	unsigned started = 0;
	unsigned cores = core_count();
	int rc;

	while (started < cores && start_member(crew))
		started++;
	if (!started)
		work(crew);
	(void)pthread_mutex_lock(&crew->lock);
	await(crew);
	crew->left = true;
	rc = crew->failed ? -1 : 0;
	if (rc < 0)
		*e = crew->error;
	(void)pthread_mutex_unlock(&crew->lock);
	return rc;
}
