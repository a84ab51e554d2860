#include "journal.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { QUEUE = 1024, FLUSH_MS = 1000 };

struct line {
	char *text;
	size_t len;
};

struct journal {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct line queue[QUEUE];
	size_t first;
	size_t count;
	uint64_t lost;
	bool closing;
	bool ended;
	char *file;
	int fd;
};

/* The file of that name now; logrotate may have moved the one we have. */
static void follow_file(struct journal *journal)
{
	struct stat named;
	struct stat ours;

	if (journal->fd >= 0 && stat(journal->file, &named) == 0 &&
	    fstat(journal->fd, &ours) == 0 && named.st_ino == ours.st_ino &&
	    named.st_dev == ours.st_dev)
		return;
	close_owned(&journal->fd);
	/* O_NONBLOCK: a FIFO without a reader must not hold us. */
	journal->fd = open(journal->file,
			   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
				   O_NONBLOCK | O_NOCTTY,
			   0640);
}

static bool write_line(struct journal *journal, const struct line *line)
{
	follow_file(journal);
	return journal->fd >= 0 &&
	       write(journal->fd, line->text, line->len) == (ssize_t)line->len;
}

static void *write_lines(void *argument)
{
	struct journal *journal = argument;

	(void)pthread_mutex_lock(&journal->lock);
	while (journal->count || !journal->closing) {
		struct line line;
		bool written;

		if (!journal->count) {
			(void)pthread_cond_wait(&journal->changed,
						&journal->lock);
			continue;
		}
		line = journal->queue[journal->first];
		journal->first = (journal->first + 1) % QUEUE;
		journal->count--;
		(void)pthread_mutex_unlock(&journal->lock);
		written = write_line(journal, &line);
		free(line.text);
		(void)pthread_mutex_lock(&journal->lock);
		journal->lost += !written;
	}
	journal->ended = true;
	(void)pthread_cond_broadcast(&journal->changed);
	(void)pthread_mutex_unlock(&journal->lock);
	return NULL;
}

static int make_folder(const char *file)
{
	OWNED(free_owned) char *folder = strdup(file);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return file_make_dirs(folder, 0750, NULL);
}

int journal_open(const char *file, struct journal **ret, struct err *e)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	pthread_attr_t attributes;

	if (!journal || !(journal->file = strdup(file))) {
		free(journal);
		return err_set(e, ENOMEM, "open the events file");
	}
	journal->fd = -1;
	(void)make_folder(file);
	(void)pthread_mutex_init(&journal->lock, NULL);
	(void)pthread_cond_init(&journal->changed, NULL);
	(void)pthread_attr_init(&attributes);
	(void)pthread_attr_setstacksize(&attributes, (size_t)64 * 1024);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&journal->thread, &attributes, write_lines,
			   journal) != 0) {
		free(journal->file);
		free(journal);
		return err_set(e, EAGAIN, "start the events thread");
	}
	*ret = journal;
	return 0;
}

void journal_push(struct journal *journal, char *take_line, size_t len)
{
	(void)pthread_mutex_lock(&journal->lock);
	if (journal->count == QUEUE) {
		journal->lost++;
		free(take_line);
	} else {
		journal->queue[(journal->first + journal->count) % QUEUE] =
			(struct line){take_line, len};
		journal->count++;
		(void)pthread_cond_broadcast(&journal->changed);
	}
	(void)pthread_mutex_unlock(&journal->lock);
}

uint64_t journal_take_lost(struct journal *journal)
{
	uint64_t lost;

	(void)pthread_mutex_lock(&journal->lock);
	lost = journal->lost;
	journal->lost = 0;
	(void)pthread_mutex_unlock(&journal->lock);
	return lost;
}

/* The journal itself is left to the end of the process: a writer stuck in
 * the file system still uses it. */
void journal_close(struct journal *journal)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FLUSH_MS / 1000;
	(void)pthread_mutex_lock(&journal->lock);
	journal->closing = true;
	(void)pthread_cond_broadcast(&journal->changed);
	while (!journal->ended &&
	       pthread_cond_timedwait(&journal->changed, &journal->lock,
				      &until) == 0)
		;
	(void)pthread_mutex_unlock(&journal->lock);
}
