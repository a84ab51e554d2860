#include "journal.h"

#include "clock.h"
#include "file.h"
#include "sink_internal.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum { QUEUE = 1024, FLUSH_MS = 1000 };

struct line {
	char *text;
	size_t len;
	uint64_t events; /* number that is lost with it */
};

struct journal {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct line queue[QUEUE];
	size_t first;
	size_t count;
	uint64_t writing; /* events of the line that the thread has */
	uint64_t lost;	  /* and not yet reported */
	bool closing;
	bool ended;
	struct sink sink; /* used by the thread only */
	struct limiter *limiter;
	journal_summarize *summarize;
	const void *context;
};

static void push(struct journal *journal, const struct line *take_line)
{
	(void)pthread_mutex_lock(&journal->lock);
	if (!take_line->text || journal->count == QUEUE) {
		journal->lost += take_line->events;
		free(take_line->text);
	} else {
		journal->queue[(journal->first + journal->count) % QUEUE] =
			*take_line;
		journal->count++;
		(void)pthread_cond_broadcast(&journal->changed);
	}
	(void)pthread_mutex_unlock(&journal->lock);
}

static void push_summary(struct journal *journal, struct summary *take_summary)
{
	struct line line = {.events = take_summary->count};

	line.text =
		journal->summarize(journal->context, take_summary, &line.len);
	push(journal, &line);
	summary_clear(take_summary);
}

static bool take_summary(struct journal *journal, struct summary *ret)
{
	bool taken;

	(void)pthread_mutex_lock(&journal->lock);
	taken = journal->limiter && limiter_take(journal->limiter, ret);
	(void)pthread_mutex_unlock(&journal->lock);
	return taken;
}

void journal_sum_up(struct journal *journal)
{
	struct summary summary;

	while (take_summary(journal, &summary))
		push_summary(journal, &summary);
}

/* Wait until there is a line to write, or a summary to make: true for that. The
 * lock is held. */
static bool wait_for_work(struct journal *journal)
{
	struct timespec until;
	int64_t due = journal->limiter ? limiter_due(journal->limiter) : -1;

	if (due < 0) {
		(void)pthread_cond_wait(&journal->changed, &journal->lock);
		return false;
	}
	if (due <= clock_ms(CLOCK_MONOTONIC))
		return true;
	until.tv_sec = due / 1000;
	until.tv_nsec = due % 1000 * 1000000;
	return pthread_cond_timedwait(&journal->changed, &journal->lock,
				      &until) == ETIMEDOUT;
}

/* Count the result of the line in hand. The lock is held. */
static void settle(struct journal *journal, bool written, uint64_t told)
{
	if (written)
		journal->lost -= told;
	else
		journal->lost += journal->writing;
	journal->writing = 0;
}

static void write_first(struct journal *journal)
{
	struct line line = journal->queue[journal->first];
	const uint64_t lost = journal->lost;
	bool written;

	journal->first = (journal->first + 1) % QUEUE;
	journal->count--;
	journal->writing = line.events;
	(void)pthread_mutex_unlock(&journal->lock);
	written = sink_write(&journal->sink, line.text, line.len, lost);
	free(line.text);
	(void)pthread_mutex_lock(&journal->lock);
	settle(journal, written, lost);
}

static void *write_lines(void *argument)
{
	struct journal *journal = argument;

	(void)pthread_mutex_lock(&journal->lock);
	while (journal->count || !journal->closing) {
		if (journal->count) {
			write_first(journal);
		} else if (wait_for_work(journal)) {
			(void)pthread_mutex_unlock(&journal->lock);
			journal_sum_up(journal);
			(void)pthread_mutex_lock(&journal->lock);
		}
	}
	journal->ended = true;
	(void)pthread_cond_broadcast(&journal->changed);
	(void)pthread_mutex_unlock(&journal->lock);
	return NULL;
}

/* Deadlines use the clock that can't be set. */
static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

int journal_open(const char *file, struct journal **ret, struct err *e)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	pthread_attr_t attributes;

	if (!journal || !sink_init(&journal->sink, file)) {
		free(journal);
		return err_set(e, ENOMEM, "open the events file");
	}
	(void)pthread_mutex_init(&journal->lock, NULL);
	init_condition(&journal->changed);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, (size_t)128 * 1024);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&journal->thread, &attributes, write_lines,
			   journal) != 0) {
		sink_clear(&journal->sink);
		free(journal);
		return err_set(e, EAGAIN, "start the events thread");
	}
	*ret = journal;
	return 0;
}

void journal_limit(struct journal *journal, journal_summarize *summarize,
		   const void *context)
{
	struct limiter *limiter = limiter_new();

	(void)pthread_mutex_lock(&journal->lock);
	journal->limiter = limiter;
	journal->summarize = summarize;
	journal->context = context;
	(void)pthread_mutex_unlock(&journal->lock);
}

enum telling journal_admit(struct journal *journal,
			   const struct event_kind *kind)
{
	struct summary evicted = {0};
	enum telling telling = TELL_WHOLE;
	bool idle;

	(void)pthread_mutex_lock(&journal->lock);
	idle = journal->limiter && limiter_due(journal->limiter) < 0;
	if (journal->limiter)
		telling = limiter_admit(journal->limiter, kind,
					clock_ms(CLOCK_MONOTONIC), &evicted);
	/* The thread waits without a deadline so far. */
	if (idle && telling == TELL_COUNTED)
		(void)pthread_cond_broadcast(&journal->changed);
	(void)pthread_mutex_unlock(&journal->lock);
	if (evicted.count)
		push_summary(journal, &evicted);
	return telling;
}

void journal_push(struct journal *journal, char *take_line, size_t len)
{
	const struct line line = {take_line, len, 1};

	push(journal, &line);
}

void journal_owe(struct journal *journal, uint64_t events)
{
	(void)pthread_mutex_lock(&journal->lock);
	journal->lost += events;
	(void)pthread_mutex_unlock(&journal->lock);
}

/* The journal itself stays until the end of the process: a writer stuck in the
 * file system still uses it. */
uint64_t journal_close(struct journal *journal)
{
	struct timespec until;
	uint64_t lost;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FLUSH_MS / 1000;
	(void)pthread_mutex_lock(&journal->lock);
	journal->closing = true;
	(void)pthread_cond_broadcast(&journal->changed);
	while (!journal->ended &&
	       pthread_cond_timedwait(&journal->changed, &journal->lock,
				      &until) == 0)
		;
	lost = journal->lost + journal->writing;
	for (size_t i = 0; i < journal->count; i++)
		lost += journal->queue[(journal->first + i) % QUEUE].events;
	(void)pthread_mutex_unlock(&journal->lock);
	return lost;
}
