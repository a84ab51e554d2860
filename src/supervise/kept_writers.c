#include "kept_internal.h"

#include "answer.h"
#include "freezer.h"
#include "lease.h"
#include "report.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	/* A second file's turn comes before lease-break-time, 45 s. */
	KILL_MS = 10000,
	PAUSE_MS = 2,
	RENEW_MS = 1000, /* a second break within this time is a real writer */
	KILLED_MAX = 16, /* processes with events, for each writer */
};

/* The reason to give leases back: a writer needs it; or no process may map the
 * file any more. */
enum why { WHY_WRITTEN, WHY_UNUSED };

/* A set of libraries for the thread to handle. */
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

static void sleep_ms(int64_t ms)
{
	const struct timespec pause = {.tv_sec = ms / 1000,
				       .tv_nsec = ms % 1000 * 1000000};

	if (ms > 0)
		(void)nanosleep(&pause, NULL);
}

/* True if it was removed, so that keeping it costs disk space. */
static bool is_removed(const struct library *library)
{
	struct stat now;

	return fstat(library->lease, &now) == 0 && now.st_nlink == 0;
}

static bool is_unbroken(const struct library *library)
{
	return lease_unbroken(library->lease) &&
	       (library->merged < 0 || lease_unbroken(library->merged));
}

static bool wanted(const struct kept *kept, const struct library *library,
		   enum why why)
{
	return why == WHY_WRITTEN
		       ? !is_unbroken(library)
		       : kept->count >= KEPT_MAX / 2 || is_removed(library);
}

/* Collect the libraries to handle. Returns the time until which the last of
 * these may still be mapped by a process that can't be frozen. */
static int64_t collect(struct batch *batch, enum why why)
{
	struct kept *kept = batch->kept;
	int64_t until = 0;

	batch->count = 0;
	(void)pthread_mutex_lock(&kept->lock);
	batch->cgroup_count = kept->cgroup_count;
	for (struct library *at = kept->first; at; at = at->next) {
		if (!wanted(kept, at, why))
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
	if (batch->count == 0)
		return;
	/* All files count as mapped if there is no list of processes. */
	if (mappers_find(batch->files, batch->count, kept->cgroups,
			 batch->cgroup_count, visit, batch, NULL) < 0) {
		batch->found = true;
		memset(batch->mapped, true, sizeof(batch->mapped));
	}
}

/* Decide about a process that has mapped a library that is about to be
 * written. */
static struct answer decide(const struct batch *batch,
			    const struct library *library, struct facts *facts,
			    struct decision *ret)
{
	static const struct sealed nothing;
	const struct judged judged = {
		.stage = STAGE_MAPPED,
		.facts = facts,
		.decision = ret,
	};
	struct answer answer;

	*facts = (struct facts){
		.maps = true,
		.overwritten = true,
		.files = {{.role = ROLE_LIBRARY,
			   .path = library->path,
			   .hashed = true}},
		.count = 1,
	};
	memcpy(facts->files[0].digest, library->digest, DIGEST_SIZE);
	decision_make(&nothing, &batch->kept->container->config, facts, ret);
	answer_choose(&judged, &answer);
	return answer;
}

static void report(const struct kept *kept, const struct judgement *judgement)
{
	size_t len;
	char *line =
		report_judged(kept->container, kept->journal, judgement, &len);

	if (line)
		journal_push(kept->journal, line, len);
}

static void kill_mapper(void *context, pid_t pid, int pidfd, size_t file)
{
	struct batch *batch = context;
	const struct library *library = batch->libraries[file];
	struct facts facts;
	struct decision decision;
	const struct answer answer = decide(batch, library, &facts, &decision);
	const struct judgement judgement = {
		.action = answer.action,
		.tid = pid,
		.facts = &facts,
		.decision = &decision,
		.identity = &library->identity,
	};
	bool known = batch->killed_count == KILLED_MAX;

	for (size_t i = 0; i < batch->killed_count; i++)
		known = known || batch->killed[i] == pid;
	if (!known) {
		batch->killed[batch->killed_count++] = pid;
		if (answer.tells)
			report(batch->kept, &judgement);
	}
	if (answer.deed == DEED_RELEASE)
		return;
	batch->found = true;
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

/* Freeze the cgroups of all mappers. No frozen task can fork and end, so that
 * it isn't found; and none is between our verdict and the mapping that this
 * allows, where other tasks of its container could delay it for as long as they
 * keep the cores busy. */
static enum freezer_outcome freeze_all(const struct batch *batch,
				       struct freezer frozen[CGROUPS_MAX])
{
	struct kept *kept = batch->kept;
	enum freezer_outcome outcome = FREEZER_FROZEN;

	(void)pthread_mutex_lock(&kept->freezing);
	for (size_t i = 0; i < batch->cgroup_count; i++) {
		enum freezer_outcome one =
			freezer_freeze(kept->cgroups[i], &frozen[i]);

		if (one > outcome)
			outcome = one;
	}
	return outcome;
}

static void thaw_all(const struct batch *batch,
		     struct freezer frozen[CGROUPS_MAX])
{
	for (size_t i = 0; i < batch->cgroup_count; i++)
		freezer_thaw(&frozen[i]);
	(void)pthread_mutex_unlock(&batch->kept->freezing);
}

static bool has_settled(enum freezer_outcome outcome, int64_t until)
{
	return outcome == FREEZER_FROZEN ||
	       (outcome == FREEZER_NONE && kept_now_ms() >= until);
}

static bool renew_one(int lease)
{
	return lease < 0 || lease_unbroken(lease) || lease_renew(lease);
}

/* A process that opened it with O_NONBLOCK, as touch(1) does, got EAGAIN and
 * wrote nothing. So the lease is taken anew, while no other process can
 * intervene; a writer that waits breaks it again at once. */
static void renew(struct batch *batch)
{
	int64_t now = kept_now_ms();
	size_t left = 0;

	for (size_t i = 0; i < batch->count; i++) {
		struct library *library = batch->libraries[i];

		if (now - library->renewed_ms > RENEW_MS &&
		    renew_one(library->lease) && renew_one(library->merged)) {
			library->renewed_ms = now;
			continue;
		}
		batch->files[left] = batch->files[i];
		batch->libraries[left++] = library;
	}
	batch->count = left;
}

/* False: some processes that map it may still exist. */
static bool clear_mappers(struct batch *batch, int64_t until)
{
	struct freezer frozen[CGROUPS_MAX];
	enum freezer_outcome outcome = freeze_all(batch, frozen);

	if (outcome == FREEZER_FROZEN)
		renew(batch);
	find_mappers(batch, kill_mapper);
	thaw_all(batch, frozen);
	return has_settled(outcome, until) && !batch->found;
}

/* A process opens these for writing, and waits. No new mapping of them is
 * allowed meanwhile. Processes that have one must be gone first. */
static void let_write(struct batch *batch, int64_t until)
{
	struct kept *kept = batch->kept;
	int64_t now = kept_now_ms();
	int64_t deadline = (until > now ? until : now) + KILL_MS;

	batch->killed_count = 0;
	while (!clear_mappers(batch, until) && kept_now_ms() < deadline)
		sleep_ms(PAUSE_MS);
	(void)pthread_mutex_lock(&kept->lock);
	for (size_t i = 0; i < batch->count; i++)
		kept_release(kept, batch->libraries[i]);
	(void)pthread_mutex_unlock(&kept->lock);
}

static void mark_mapped(void *context, pid_t pid, int pidfd, size_t file)
{
	struct batch *batch = context;

	(void)pid;
	(void)pidfd;
	batch->mapped[file] = true;
}

/* Give up files that no process maps. Nothing is frozen if there are none. */
static void sweep(struct batch *batch)
{
	struct kept *kept = batch->kept;
	int64_t until = collect(batch, WHY_UNUSED);
	struct freezer frozen[CGROUPS_MAX];
	enum freezer_outcome outcome;
	size_t unused = 0;

	if (batch->count == 0)
		return;
	find_mappers(batch, mark_mapped);
	for (size_t i = 0; i < batch->count; i++)
		unused += !batch->mapped[i];
	if (unused == 0)
		return;
	outcome = freeze_all(batch, frozen);
	find_mappers(batch, mark_mapped);
	thaw_all(batch, frozen);
	(void)pthread_mutex_lock(&kept->lock);
	if (!has_settled(outcome, until) && !kept->sweep_ms)
		kept->sweep_ms = kept_now_ms() + SWEEP_MS;
	for (size_t i = 0; i < batch->count; i++) {
		struct library *library = batch->libraries[i];

		/* A file that isn't mapped may be about to be mapped again. */
		if (!batch->mapped[i] && has_settled(outcome, until) &&
		    library->since_ms + SETTLE_MS <= until &&
		    is_unbroken(library))
			kept_release(kept, library);
	}
	(void)pthread_mutex_unlock(&kept->lock);
}

/* Wait until a process wants to write, or a sweep is due. */
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
	left = when - kept_now_ms();
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
	due = kept->sweep_ms && kept->sweep_ms <= kept_now_ms();
	if (due)
		kept->sweep_ms = 0;
	(void)pthread_mutex_unlock(&kept->lock);
	return due;
}

void *kept_serve_writers(void *argument)
{
	struct batch batch = {.kept = argument};
	int64_t until;

	(void)setpriority(PRIO_PROCESS, 0, 0);
	for (;;) {
		wait_for_news(batch.kept);
		until = collect(&batch, WHY_WRITTEN);
		if (batch.count)
			let_write(&batch, until);
		else if (sweep_due(batch.kept))
			sweep(&batch);
	}
	return NULL;
}
