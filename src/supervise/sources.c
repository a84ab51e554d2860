#include "sources.h"

#include "json.h"
#include "notify.h"
#include "report.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

int sources_watch(const struct sources *sources, int fd, struct source *source,
		  struct err *e)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	if (epoll_ctl(sources->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_set(e, errno, "watch a descriptor");
	return 0;
}

static struct source *add_source(struct sources *sources, enum source_kind kind)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->kind = kind;
	source->listener.fd = -1;
	source->handoff = (struct handoff){.connection = -1, .listener = -1};
	source->next = sources->first;
	sources->first = source;
	return source;
}

static void remove_source(struct sources *sources, struct source *source)
{
	struct source **at = &sources->first;

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

/* A listener after the container's own belongs to an exec session. If sessions
 * are denied, runmoor itself opens none: this one was opened by the plain
 * runtime, and executes nothing without its listener (ENOSYS). */
static bool admit_session(const struct sources *sources, struct source *source,
			  const struct json *state)
{
	bool denied = sources->container->config.exec_sessions == SESSIONS_DENY;
	const char *status = NULL;
	uint64_t pid = 0; /* crun says 0 */

	if (sources->taken == 0 ||
	    !json_string(json_get(json_get(state, "state"), "status"),
			 &status) ||
	    strcmp(status, "running") != 0)
		return true;
	(void)json_uint(json_get(state, "pid"), &pid);
	report_session(sources->container, sources->journal,
		       denied ? ACTION_SESSION_REFUSED : ACTION_SESSION_OPENED,
		       PTR_MOVE(source->asker), (pid_t)pid);
	return !denied;
}

/* crun hands over from the container's first process itself. */
static pid_t first_process(const struct handoff *handoff,
			   const struct json *state)
{
	uint64_t pid = 0;

	if (!json_uint(json_get(state, "pid"), &pid) || pid == 0 ||
	    pid > INT_MAX)
		return handoff->peer;
	return (pid_t)pid;
}

/* The runtime has sent all. The state's "status" is "running" for an exec
 * session, "creating" or "created" for the container itself. */
static bool take_listener(struct sources *sources, struct source *source)
{
	struct handoff *handoff = &source->handoff;
	OWNED(json_owned) struct json *document = NULL;
	struct source *listener;

	if (handoff->listener < 0 || !handoff->state.data ||
	    json_parse(handoff->state.data, handoff->state.len, &document,
		       NULL) < 0 ||
	    !admit_session(sources, source, document))
		return false;
	listener = add_source(sources, SOURCE_LISTENER);
	if (!listener)
		return false;
	if (sources_watch(sources, handoff->listener, listener, NULL) < 0) {
		remove_source(sources, listener);
		return false;
	}
	notify_prepare(handoff->listener);
	listener->listener.fd = FD_MOVE(handoff->listener);
	if (sources->taken == 0)
		sources->init = first_process(handoff, document);
	sources->living++;
	sources->taken++;
	return true;
}

void sources_connect(struct sources *sources)
{
	struct handoff handoff;
	struct source *source;

	if (handoff_accept(sources->socket, &handoff, NULL) < 0)
		return;
	source = add_source(sources, SOURCE_HANDOFF);
	if (!source) {
		handoff_clear(&handoff);
		return;
	}
	source->handoff = handoff;
	if (sources_watch(sources, handoff.connection, source, NULL) < 0) {
		remove_source(sources, source);
		return;
	}
	/* Read its facts now: crun's exec may have ended once it has sent
	 * everything. */
	if (sources->taken)
		source->asker = report_asker(handoff.peer);
}

bool sources_receive(struct sources *sources, struct source *source)
{
	bool done = false;
	bool taken;

	if (handoff_read(&source->handoff, &done, NULL) < 0) {
		remove_source(sources, source);
		return false;
	}
	if (!done)
		return false;
	taken = take_listener(sources, source);
	remove_source(sources, source);
	return taken;
}

void sources_retire(struct sources *sources, struct source *source)
{
	(void)epoll_ctl(sources->epoll, EPOLL_CTL_DEL, source->listener.fd,
			NULL);
	source->listener.gone = true;
	sources->living--;
}

void sources_sweep(struct sources *sources)
{
	struct source *next;

	for (struct source *at = sources->first; at; at = next) {
		next = at->next;
		if (at->kind == SOURCE_LISTENER && at->listener.gone &&
		    at->listener.jobs == 0)
			remove_source(sources, at);
	}
}
