/*
 * runmoor-supervisor - one small process a container: takes listeners from
 * the runtime and answers their notifications until no task is left.
 *
 *   runmoor-supervisor FOLDER READY
 *
 * FOLDER is the container's below state_dir. READY is an inherited socket to
 * the runmoor that started it (letter.h). If that closes without LETTER_CREATED
 * or LETTER_WAIT and no listener came, the supervisor ends; after LETTER_WAIT
 * it waits for as long as the root file system is there, for half a minute at
 * least.
 */
#include "bill.h"
#include "confine.h"
#include "container.h"
#include "died.h"
#include "digests.h"
#include "file.h"
#include "journal.h"
#include "judge.h"
#include "kept.h"
#include "letter.h"
#include "mapped.h"
#include "phase_internal.h"
#include "privilege.h"
#include "release.h"
#include "report.h"
#include "resolver.h"
#include "sources.h"
#include "ticker_internal.h"
#include "tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

enum {
	NICE = -10,
	PATIENCE_S = 30,
};

struct supervisor {
	enum phase phase;
	const char *folder;
	struct container container;
	struct judge judge;
	struct kept *kept;
	struct journal *journal;
	struct resolver *resolver;
	struct tracer *tracer;
	struct sources sources;
	struct source fixed[6];
	struct stat root; /* the container's, when it was prepared */
	int signals;
	int jobs;
	int patience;
	int ready; /* -1: the command sends nothing more */
	struct ticker ticker;
	struct charge charge;
};

/* With the first listener the command is notified that the container is
 * protected. */
static void happen(struct supervisor *s, enum happening happening)
{
	const enum phase next = phase_next(s->phase, happening);

	if (s->phase == PHASE_AWAIT && next == PHASE_SERVE && s->ready >= 0)
		letter_send(s->ready, LETTER_HANDED_OVER);
	s->phase = next;
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo infos[4];
	ssize_t n = read(s->signals, infos, sizeof(infos));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(infos[0]); i++)
		if (infos[i].ssi_signo == SIGUSR1)
			digests_let_write(s->judge.digests);
		else if (infos[i].ssi_signo == MAPPED_SIGNAL)
			mapped_rescue(s->judge.mapped);
		else if (infos[i].ssi_signo != SIGCHLD)
			happen(s, TERMINATED);
	tracer_collect(s->tracer);
}

static void set_patience(const struct supervisor *s, int seconds)
{
	const struct itimerspec when = {
		.it_interval.tv_sec = seconds,
		.it_value.tv_sec = seconds,
	};

	(void)timerfd_settime(s->patience, 0, &when, NULL);
}

/*
 * The precreate hook's container hasn't come. crun with noNewPrivileges hands
 * its listener over at start, which may be much later; but an engine unmounts,
 * or removes, the root of a container that it gave up.
 */
static void on_patience(struct supervisor *s)
{
	struct stat now;
	uint64_t count;

	(void)!read(s->patience, &count, sizeof(count));
	if (s->phase != PHASE_AWAIT)
		set_patience(s, 0);
	else if (!s->container.rootfs || stat(s->container.rootfs, &now) < 0 ||
		 now.st_dev != s->root.st_dev || now.st_ino != s->root.st_ino)
		happen(s, GIVEN_UP);
}

static void on_ready(struct supervisor *s)
{
	char byte = 0;
	ssize_t n = recv(s->ready, &byte, 1, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 1 && byte == LETTER_REWRITTEN)
		report_rewritten(&s->container, s->journal);
	if (n == 1 && byte == LETTER_WAIT)
		set_patience(s, PATIENCE_S);
	if (n == 1 && byte != LETTER_WAIT && byte != LETTER_CREATED)
		return;
	close_owned(&s->ready);
	/* create was killed half-way: no listener will come. */
	if (n != 1)
		happen(s, GIVEN_UP);
}

static void on_tick(struct supervisor *s)
{
	ticker_take(&s->ticker, &s->charge);
	tracer_tick(s->tracer);
	if (!tracer_ticks(s->tracer))
		ticker_stop(&s->ticker);
}

static void on_jobs(struct supervisor *s)
{
	uint64_t count;

	(void)!read(s->jobs, &count, sizeof(count));
	tracer_finish_jobs(s->tracer);
}

/* The runtime has set the container's limits by now. */
static void enter_account(struct supervisor *s)
{
	if (s->sources.init <= 0)
		return;
	died_note(s->folder, s->sources.init);
	bill_open(&s->container, s->folder, s->sources.init, &s->charge);
	s->sources.init = 0;
}

static void receive(struct supervisor *s, struct source *source)
{
	if (!sources_receive(&s->sources, source))
		return;
	enter_account(s);
	happen(s, A_LISTENER_CAME);
}

static void dispatch(struct supervisor *s, struct source *source,
		     uint32_t events)
{
	switch (source->kind) {
	case SOURCE_HANDOFF_SOCKET:
		sources_connect(&s->sources);
		break;
	case SOURCE_HANDOFF:
		receive(s, source);
		break;
	case SOURCE_LISTENER:
		if (events & EPOLLIN)
			tracer_notified(s->tracer, &source->listener);
		else
			sources_retire(&s->sources, source);
		break;
	case SOURCE_SIGNALS:
		on_signal(s);
		break;
	case SOURCE_JOBS:
		on_jobs(s);
		break;
	case SOURCE_TICK:
		on_tick(s);
		break;
	case SOURCE_READY:
		on_ready(s);
		break;
	case SOURCE_PATIENCE:
		on_patience(s);
		break;
	}
}

static void serve(struct supervisor *s)
{
	struct epoll_event events[16];

	while (s->phase != PHASE_EXIT) {
		int n = epoll_wait(s->sources.epoll, events, ARRAY_LEN(events),
				   -1);

		for (int i = 0; i < n; i++)
			dispatch(s, events[i].data.ptr, events[i].events);
		if (!s->ticker.runs && tracer_ticks(s->tracer))
			ticker_run(&s->ticker);
		sources_sweep(&s->sources);
		if (s->sources.living == 0)
			happen(s, ALL_HUNG_UP);
		/* The command may still have to undo its create, and asks for
		 * that whether a listener came. */
		if (s->ready < 0 && !tracer_busy(s->tracer))
			happen(s, NOTHING_LEFT);
	}
	tracer_end(s->tracer);
}

static int open_signals(struct err *e)
{
	sigset_t blocked;
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, MAPPED_SIGNAL);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	blocked = set;
	(void)sigaddset(&blocked, SIGIO);
	if (sigprocmask(SIG_SETMASK, &blocked, NULL) < 0)
		return err_set(e, errno, "block signals");
	/* SIGPIPE is a dead sink's; SIGIO, of a lease, is for kept.c's thread,
	 * SIGUSR1 for digests. */
	(void)signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(e, errno, "open a signal descriptor") : fd;
}

/* Every exec waits for us: with work on every core, an ordinary task would
 * wait for its turn each time. The resolvers' threads give it back. */
static void hurry(void)
{
	(void)setpriority(PRIO_PROCESS, 0, NICE);
}

static int open_journal(struct supervisor *s, struct err *e)
{
	if (journal_open(s->container.config.events_file, &s->journal, e) < 0)
		return -1;
	journal_limit(s->journal, report_summary, &s->container);
	return 0;
}

static int keep_libraries(struct supervisor *s, struct err *e)
{
	s->kept = kept_new(&s->container, s->journal);
	return s->kept ? 0 : err_set(e, ENOMEM, "keep libraries");
}

static int start(struct supervisor *s, struct err *e)
{
	static const enum source_kind kinds[] = {
		SOURCE_HANDOFF_SOCKET, SOURCE_SIGNALS, SOURCE_JOBS,
		SOURCE_TICK,	       SOURCE_READY,   SOURCE_PATIENCE};
	OWNED(free_owned) char *path = file_in(s->folder, "listener.sock");

	if (!path)
		return err_set(e, ENOMEM, "start");
	hurry();
	s->sources.epoll = epoll_create1(EPOLL_CLOEXEC);
	s->ticker.fd =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->patience =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->signals = open_signals(e);
	if (s->signals < 0)
		return -1;
	if (s->sources.epoll < 0 || s->ticker.fd < 0 || s->patience < 0)
		return err_set(e, errno, "start the event loop");
	if (container_lock(s->folder, e) < 0 ||
	    container_read(s->folder, &s->container, e) < 0 ||
	    privilege_drop(e) < 0 || open_journal(s, e) < 0 ||
	    judge_open(&s->container, &s->judge, e) < 0 ||
	    keep_libraries(s, e) < 0 ||
	    resolver_new(&s->judge, s->kept, s->journal, &s->resolver, &s->jobs,
			 e) < 0 ||
	    tracer_new(&s->judge, s->resolver, s->journal, &s->tracer, e) < 0 ||
	    handoff_listen(path, &s->sources.socket, e) < 0)
		return -1;
	s->sources.container = &s->container;
	s->sources.journal = s->journal;
	(void)stat(s->container.rootfs, &s->root);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const int fds[] = {s->sources.socket, s->signals, s->jobs,
				   s->ticker.fd,      s->ready,	  s->patience};

		s->fixed[i].kind = kinds[i];
		if (sources_watch(&s->sources, fds[i], &s->fixed[i], e) < 0)
			return -1;
	}
	return confine_supervisor(e);
}

/* The command that releases the container reports losses that couldn't be
 * reported here. */
static void end(struct supervisor *s)
{
	struct rest rest = {0};

	journal_sum_up(s->journal);
	digests_count(s->judge.digests, &rest.hashed_files, &rest.hashed_bytes);
	report_released(&s->container, s->journal, rest.hashed_files,
			rest.hashed_bytes);
	rest.lost = journal_close(s->journal);
	charge_leave(&s->charge);
	if (rest.lost == 0 || release_leave(s->folder, &rest) < 0)
		container_remove(s->folder);
}

int main(int argc, char *argv[])
{
	static struct supervisor s = {.sources.epoll = -1};
	struct err e = {0};

	if (argc != 3) {
		(void)fprintf(stderr,
			      "usage: runmoor-supervisor FOLDER READY\n"
			      "Started by runmoor; nothing to run by hand.\n");
		return 2;
	}
	s.folder = argv[1];
	s.ready = (int)strtol(argv[2], NULL, 10);
	if (start(&s, &e) < 0) {
		(void)send(s.ready, e.text, strlen(e.text), MSG_NOSIGNAL);
		return 1;
	}
	report_sealed(&s.container, s.journal);
	letter_send(s.ready, LETTER_READY);
	serve(&s);
	kept_end(s.kept);
	end(&s);
	return 0;
}
