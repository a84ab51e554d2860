/*
 * runmoor-supervisor - one small process a container: takes listeners from
 * the runtime and answers their notifications until no task is left.
 *
 *   runmoor-supervisor FOLDER READY
 *
 * FOLDER is the container's below state_dir. READY is an inherited socket to
 * the runmoor that started it: 'R' says that the listener's socket is there,
 * anything else is an error message; 'H' that a listener was handed over;
 * from the other side 'C' commits: the container was created, and 'W' says
 * that a runtime is about to. Should it close without either and no listener
 * come, the supervisor ends; after a 'W' it waits for as long as the root file
 * system is there, for half a minute at least.
 */
#include "confine.h"
#include "container.h"
#include "handoff.h"
#include "journal.h"
#include "judge.h"
#include "privilege.h"
#include "report.h"
#include "resolver.h"
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

enum { NICE = -10, PATIENCE_S = 30 };

enum source_kind {
	SOURCE_HANDOFF_SOCKET,
	SOURCE_HANDOFF,
	SOURCE_LISTENER,
	SOURCE_SIGNALS,
	SOURCE_JOBS,
	SOURCE_TICK,
	SOURCE_READY,
	SOURCE_PATIENCE,
};

/* What an epoll event is about. */
struct source {
	enum source_kind kind;
	struct source *next; /* of SOURCE_LISTENER and SOURCE_HANDOFF */
	struct listener listener;
	struct handoff handoff;
	struct event *asker; /* of an exec session; or NULL */
};

struct supervisor {
	const char *folder;
	struct container container;
	struct judge judge;
	struct journal *journal;
	struct resolver *resolver;
	struct tracer *tracer;
	struct source *sources; /* listeners and handoffs */
	struct source fixed[6];
	struct stat root; /* of the container, when it was prepared */
	int epoll;
	int socket;
	int signals;
	int jobs;
	int tick;
	int patience;
	int ready;
	bool ticking;
	bool committed;
	bool had_listener;
	size_t listeners;
	bool ending;
};

static int watch(const struct supervisor *s, int fd, struct source *source,
		 struct err *e)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_set(e, errno, "watch a descriptor");
	return 0;
}

static struct source *add_source(struct supervisor *s, enum source_kind kind)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->kind = kind;
	source->listener.fd = -1;
	source->handoff = (struct handoff){.connection = -1, .listener = -1};
	source->next = s->sources;
	s->sources = source;
	return source;
}

static void remove_source(struct supervisor *s, struct source *source)
{
	struct source **at = &s->sources;

	while (*at && *at != source)
		at = &(*at)->next;
	if (*at)
		*at = source->next;
	handoff_clear(&source->handoff);
	if (source->asker)
		event_clear(source->asker);
	free(source->asker);
	close_owned(&source->listener.fd);
	free(source);
}

/*
 * Another listener than the container's own: an exec session. Where these are
 * denied runmoor has refused its own; this one was opened by the plain
 * runtime, and without its listener it executes nothing (ENOSYS).
 */
static bool admit_session(const struct supervisor *s, struct source *source,
			  const struct json *state)
{
	bool denied = s->container.config.exec_sessions == SESSIONS_DENY;
	const char *status = NULL;
	uint64_t pid = 0; /* crun says 0 */

	if (!s->had_listener ||
	    !json_string(json_get(json_get(state, "state"), "status"),
			 &status) ||
	    strcmp(status, "running") != 0)
		return true;
	(void)json_uint(json_get(state, "pid"), &pid);
	report_session(&s->container, s->journal,
		       denied ? ACTION_SESSION_REFUSED : ACTION_SESSION_OPENED,
		       PTR_MOVE(source->asker), (pid_t)pid);
	return !denied;
}

/* The runtime has sent all. The state's "status" is "running" for an exec
 * session, "creating" or "created" for the container itself. */
static void take_listener(struct supervisor *s, struct source *source)
{
	struct handoff *handoff = &source->handoff;
	OWNED(json_owned) struct json *document = NULL;
	struct source *listener;

	if (handoff->listener < 0 || !handoff->state.data ||
	    json_parse(handoff->state.data, handoff->state.len, &document,
		       NULL) < 0 ||
	    !admit_session(s, source, document))
		return;
	listener = add_source(s, SOURCE_LISTENER);
	if (!listener || watch(s, handoff->listener, listener, NULL) < 0)
		return;
	notify_prepare(handoff->listener);
	listener->listener.fd = FD_MOVE(handoff->listener);
	s->listeners++;
	if (!s->had_listener && s->ready >= 0)
		(void)send(s->ready, "H", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	s->had_listener = true;
}

static void on_connection(struct supervisor *s)
{
	struct handoff handoff;
	struct source *source;

	if (handoff_accept(s->socket, &handoff, NULL) < 0)
		return;
	source = add_source(s, SOURCE_HANDOFF);
	if (!source || watch(s, handoff.connection, source, NULL) < 0) {
		handoff_clear(&handoff);
		return;
	}
	source->handoff = handoff;
	/* Now: crun's exec may be gone once it has sent all. */
	if (s->had_listener)
		source->asker = report_asker(handoff.peer);
}

static void on_handoff(struct supervisor *s, struct source *source)
{
	bool done = false;

	if (handoff_read(&source->handoff, &done, NULL) < 0) {
		remove_source(s, source);
		return;
	}
	if (!done)
		return;
	take_listener(s, source);
	remove_source(s, source);
}

static void on_listener(struct supervisor *s, struct source *source,
			uint32_t events)
{
	if (events & EPOLLIN) {
		tracer_notified(s->tracer, &source->listener);
		return;
	}
	/* No task is left that has this filter. */
	(void)epoll_ctl(s->epoll, EPOLL_CTL_DEL, source->listener.fd, NULL);
	source->listener.gone = true;
	s->listeners--;
}

/* Listeners that are gone, once no job refers to them. */
static void sweep_listeners(struct supervisor *s)
{
	struct source *next;

	for (struct source *at = s->sources; at; at = next) {
		next = at->next;
		if (at->kind == SOURCE_LISTENER && at->listener.gone &&
		    at->listener.jobs == 0)
			remove_source(s, at);
	}
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo infos[4];
	ssize_t n = read(s->signals, infos, sizeof(infos));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(infos[0]); i++)
		if (infos[i].ssi_signo != SIGCHLD)
			s->ending = true;
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
	if (s->had_listener)
		set_patience(s, 0);
	else if (!s->container.rootfs || stat(s->container.rootfs, &now) < 0 ||
		 now.st_dev != s->root.st_dev || now.st_ino != s->root.st_ino)
		s->ending = true;
}

static void on_ready(struct supervisor *s)
{
	char byte;
	ssize_t n = recv(s->ready, &byte, 1, MSG_DONTWAIT);

	if (n == 1 && byte == 'C')
		s->committed = true;
	if (n == 1 && byte == 'W') {
		s->committed = true;
		set_patience(s, PATIENCE_S);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		close_owned(&s->ready);
		/* create was killed half-way: nobody will come. */
		if (!s->committed && !s->had_listener)
			s->ending = true;
		s->committed = true;
	}
}

static void set_ticking(struct supervisor *s)
{
	struct itimerspec when = {0};
	bool want = tracer_busy(s->tracer);

	if (want == s->ticking)
		return;
	/* Armed at once, disarmed a tick after the last work, so that a
	 * sequence of execs doesn't set the timer for each. */
	if (want) {
		when.it_value.tv_nsec = TRACER_TICK_MS * 1000000L;
		when.it_interval = when.it_value;
		s->ticking = true;
		(void)timerfd_settime(s->tick, 0, &when, NULL);
	}
}

static void on_tick(struct supervisor *s)
{
	const struct itimerspec never = {0};
	uint64_t count;

	(void)!read(s->tick, &count, sizeof(count));
	tracer_tick(s->tracer);
	if (!tracer_busy(s->tracer)) {
		s->ticking = false;
		(void)timerfd_settime(s->tick, 0, &never, NULL);
	}
}

static void on_jobs(struct supervisor *s)
{
	uint64_t count;

	(void)!read(s->jobs, &count, sizeof(count));
	tracer_finish_jobs(s->tracer);
}

static void dispatch(struct supervisor *s, struct source *source,
		     uint32_t events)
{
	switch (source->kind) {
	case SOURCE_HANDOFF_SOCKET:
		on_connection(s);
		break;
	case SOURCE_HANDOFF:
		on_handoff(s, source);
		break;
	case SOURCE_LISTENER:
		on_listener(s, source, events);
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

/* await listener → serve → drain → exit */
static void serve(struct supervisor *s)
{
	struct epoll_event events[16];

	while (!s->ending) {
		int n = epoll_wait(s->epoll, events, ARRAY_LEN(events), -1);

		for (int i = 0; i < n; i++)
			dispatch(s, events[i].data.ptr, events[i].events);
		set_ticking(s);
		sweep_listeners(s);
		/* The tasks of the container are gone, and runmoor knows that
		 * there was one. */
		if (s->had_listener && s->listeners == 0 && s->committed &&
		    !tracer_busy(s->tracer))
			s->ending = true;
	}
	tracer_end(s->tracer);
}

static int open_signals(struct err *e)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return err_set(e, errno, "block signals");
	/* A broken lease sends SIGIO, a dead sink SIGPIPE. */
	(void)signal(SIGIO, SIG_IGN);
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

static int start(struct supervisor *s, struct err *e)
{
	static const enum source_kind kinds[] = {
		SOURCE_HANDOFF_SOCKET, SOURCE_SIGNALS, SOURCE_JOBS,
		SOURCE_TICK,	       SOURCE_READY,   SOURCE_PATIENCE};
	OWNED(free_owned) char *path = NULL;

	if (asprintf(&path, "%s/listener.sock", s->folder) < 0)
		return err_set(e, ENOMEM, "start");
	hurry();
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->patience =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->signals = open_signals(e);
	if (s->signals < 0)
		return -1;
	if (s->epoll < 0 || s->tick < 0 || s->patience < 0)
		return err_set(e, errno, "start the event loop");
	if (container_lock(s->folder, e) < 0 ||
	    container_read(s->folder, &s->container, e) < 0 ||
	    judge_open(&s->container, &s->judge, e) < 0 ||
	    privilege_drop(e) < 0 ||
	    journal_open(s->container.config.events_file, &s->journal, e) < 0 ||
	    resolver_new(&s->judge, s->journal, &s->resolver, &s->jobs, e) <
		    0 ||
	    tracer_new(&s->judge, s->resolver, s->journal, &s->tracer, e) < 0 ||
	    handoff_listen(path, &s->socket, e) < 0)
		return -1;
	(void)stat(s->container.rootfs, &s->root);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const int fds[] = {s->socket, s->signals, s->jobs,
				   s->tick,   s->ready,	  s->patience};

		s->fixed[i].kind = kinds[i];
		if (watch(s, fds[i], &s->fixed[i], e) < 0)
			return -1;
	}
	return confine_supervisor(e);
}

int main(int argc, char *argv[])
{
	static struct supervisor s = {.epoll = -1};
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
	report_container(&s.container, s.journal, ACTION_CONTAINER_SEALED);
	(void)send(s.ready, "R", 1, MSG_NOSIGNAL);
	serve(&s);
	report_container(&s.container, s.journal, ACTION_CONTAINER_RELEASED);
	journal_close(s.journal);
	container_remove(s.folder);
	return 0;
}
