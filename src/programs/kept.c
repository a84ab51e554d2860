#include "kept.h"

#include "freezer.h"
#include "judge.h"
#include "lease.h"
#include "mappers.h"
#include "report.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	KEPT_MAX = MAPPERS_FILES_MAX,
	CGROUPS_MAX = 64,
	STACK = 256 * 1024,
	/* From a verdict to the mapping that it allows: until then no look at
	 * the processes finds it. */
	SETTLE_MS = 1000,
	SWEEP_MS = 10000, /* after the last was added */
	/* A second file's turn comes before lease-break-time, 45 s. */
	KILL_MS = 10000,
	PAUSE_MS = 2,
	KILLED_MAX = 16, /* processes that have events, for each occasion */
};

struct library {
	struct library *next;
	int lease;
	struct stat leased; /* on an overlay the upper file */
	struct identity identity;
	char *path;
	uint8_t digest[DIGEST_SIZE];
	int64_t since_ms; /* when it was last about to be mapped */
};

struct kept {
	const struct container *container;
	struct journal *journal;
	pthread_mutex_t lock;
	struct library *first; /* removed by the thread only */
	size_t count;
	char *cgroups[CGROUPS_MAX]; /* of those that mapped; only added to */
	size_t cgroup_count;
	int64_t sweep_ms; /* when to look which are mapped; 0: no need */
	bool started;
	pthread_t thread;
	pthread_mutex_t freezing; /* held while something is frozen */
};

/* Some libraries, for the thread to do something about. */
struct batch {
	struct kept *kept;
	struct library *libraries[KEPT_MAX];
	struct mapped_file files[KEPT_MAX];
	bool mapped[KEPT_MAX];
	size_t count;
	size_t cgroup_count;
	pid_t killed[KILLED_MAX];
	size_t killed_count;
	bool found;
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000,
				       .tv_nsec = ms % 1000 * 1000000};

	if (ms > 0)
		(void)nanosleep(&pause, NULL);
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
	free(library->path);
	free(library);
}

/* What the thread is to look at: all, or those that somebody wants to write.
 * Until when the last of these may be mapped still. */
static int64_t collect(struct batch *batch, bool written)
{
	struct kept *kept = batch->kept;
	int64_t until = 0;

	batch->count = 0;
	(void)pthread_mutex_lock(&kept->lock);
	batch->cgroup_count = kept->cgroup_count;
	for (struct library *at = kept->first; at; at = at->next) {
		if (written && lease_unbroken(at->lease))
			continue;
		if (at->since_ms + SETTLE_MS > until)
			until = at->since_ms + SETTLE_MS;
		batch->files[batch->count].dev = at->identity.dev;
		batch->files[batch->count].ino = at->identity.ino;
		batch->mapped[batch->count] = false;
		batch->libraries[batch->count++] = at;
	}
	(void)pthread_mutex_unlock(&kept->lock);
	return until;
}

static void find_mappers(struct batch *batch, mappers_visit *visit)
{
	const struct kept *kept = batch->kept;

	batch->found = false;
	/* The list of processes can't be had: they are as good as mapped. */
	if (mappers_find(batch->files, batch->count, kept->cgroups,
			 batch->cgroup_count, visit, batch, NULL) < 0) {
		batch->found = true;
		memset(batch->mapped, true, sizeof(batch->mapped));
	}
}

static void release(struct kept *kept, struct library *library)
{
	struct library **at = &kept->first;

	while (*at && *at != library)
		at = &(*at)->next;
	if (*at)
		*at = library->next;
	kept->count--;
	library_free(library);
}

static bool is_audited(const struct config *config)
{
	return config->mode == MODE_AUDIT ||
	       config->libraries == LIBRARIES_AUDIT;
}

static void report(const struct batch *batch, pid_t pid,
		   const struct library *library)
{
	const struct kept *kept = batch->kept;
	bool audited = is_audited(&kept->container->config);
	struct inspection *inspection = calloc(1, sizeof(*inspection));
	struct file_facts *file;
	char *line;
	size_t len;

	if (!inspection)
		return;
	file = &inspection->facts.files[inspection->facts.count++];
	file->role = ROLE_LIBRARY;
	file->path = library->path;
	file->hashed = true;
	memcpy(file->digest, library->digest, DIGEST_SIZE);
	inspection->identities[0] = library->identity;
	inspection->decision = (struct decision){
		.reason = REASON_WRITABLE,
		.flagged = audited,
		.allow_rule = -1,
	};
	line = report_judged(kept->container, kept->journal,
			     audited ? ACTION_EXEC_FLAGGED : ACTION_RACE_KILLED,
			     pid, NULL, inspection, false, &len);
	if (line)
		journal_push(kept->journal, line, len);
	free(inspection);
}

static void kill_mapper(void *context, pid_t pid, int pidfd, size_t file)
{
	struct batch *batch = context;
	bool known = batch->killed_count == KILLED_MAX;

	for (size_t i = 0; i < batch->killed_count; i++)
		known = known || batch->killed[i] == pid;
	if (!known) {
		batch->killed[batch->killed_count++] = pid;
		report(batch, pid, batch->libraries[file]);
	}
	if (is_audited(&batch->kept->container->config))
		return;
	batch->found = true;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

/* Frozen: a process that forks and ends all the time is nowhere to be found.
 * Where that can't be done they are looked for until none is found. */
static void kill_mappers(struct batch *batch)
{
	struct kept *kept = batch->kept;
	struct freezer frozen[CGROUPS_MAX];

	(void)pthread_mutex_lock(&kept->freezing);
	for (size_t i = 0; i < batch->cgroup_count; i++)
		(void)freezer_freeze(kept->cgroups[i], &frozen[i]);
	find_mappers(batch, kill_mapper);
	for (size_t i = 0; i < batch->cgroup_count; i++)
		freezer_thaw(&frozen[i]);
	(void)pthread_mutex_unlock(&kept->freezing);
}

/*
 * Somebody opens these for writing, and waits. No new mapping of them is
 * allowed meanwhile. Those that have one must be gone first.
 */
static void let_write(struct batch *batch, int64_t until)
{
	struct kept *kept = batch->kept;
	int64_t deadline = until + KILL_MS;

	sleep_ms(until - now_ms());
	batch->killed_count = 0;
	for (kill_mappers(batch); batch->found && now_ms() < deadline;
	     kill_mappers(batch))
		sleep_ms(PAUSE_MS);
	(void)pthread_mutex_lock(&kept->lock);
	for (size_t i = 0; i < batch->count; i++)
		release(kept, batch->libraries[i]);
	(void)pthread_mutex_unlock(&kept->lock);
}

static void mark_mapped(void *context, pid_t pid, int pidfd, size_t file)
{
	struct batch *batch = context;

	(void)pid;
	(void)pidfd;
	batch->mapped[file] = true;
}

static void sweep(struct batch *batch)
{
	struct kept *kept = batch->kept;
	int64_t before = now_ms() - SETTLE_MS;

	(void)collect(batch, false);
	find_mappers(batch, mark_mapped);
	(void)pthread_mutex_lock(&kept->lock);
	for (size_t i = 0; i < batch->count; i++) {
		struct library *library = batch->libraries[i];

		if (!batch->mapped[i] && library->since_ms < before &&
		    lease_unbroken(library->lease))
			release(kept, library);
	}
	(void)pthread_mutex_unlock(&kept->lock);
}

/* Until somebody wants to write, or a sweep is due. */
static void wait_for_news(struct kept *kept)
{
	struct timespec timeout = {0};
	int64_t when;
	int64_t left;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGIO);
	(void)pthread_mutex_lock(&kept->lock);
	when = kept->sweep_ms;
	(void)pthread_mutex_unlock(&kept->lock);
	left = when - now_ms();
	if (left > 0) {
		timeout.tv_sec = left / 1000;
		timeout.tv_nsec = left % 1000 * 1000000;
	}
	(void)sigtimedwait(&set, NULL, when ? &timeout : NULL);
}

static bool sweep_due(struct kept *kept)
{
	bool due;

	(void)pthread_mutex_lock(&kept->lock);
	due = kept->sweep_ms && kept->sweep_ms <= now_ms();
	if (due)
		kept->sweep_ms = 0;
	(void)pthread_mutex_unlock(&kept->lock);
	return due;
}

static void *keep(void *argument)
{
	struct batch batch = {.kept = argument};
	int64_t until;

	(void)setpriority(PRIO_PROCESS, 0, 0);
	for (;;) {
		wait_for_news(batch.kept);
		until = collect(&batch, true);
		if (batch.count)
			let_write(&batch, until);
		else if (sweep_due(batch.kept))
			sweep(&batch);
	}
	return NULL;
}

/* Signals are blocked here, as in all threads. */
static bool start_thread(struct kept *kept)
{
	pthread_attr_t attributes;

	if (kept->started)
		return true;
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, STACK);
	kept->started =
		pthread_create(&kept->thread, &attributes, keep, kept) == 0;
	(void)pthread_attr_destroy(&attributes);
	return kept->started;
}

/* Where those are that may have a mapping: the task, and its children. */
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

/* The next sweep is after the last that is added, unless many are. */
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
	int64_t now = now_ms();
	struct stat leased;

	if (!lease_watch(file->lease))
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
	return outcome;
}
