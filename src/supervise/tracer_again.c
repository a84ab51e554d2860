#include "tracer_internal.h"

#include "target.h"

#include <stdlib.h>
#include <string.h>

/*
 * A signal takes a target out of its call, and it asks anew (SA_RESTART, or a
 * call that its own program makes again): as often as Go's runtime signals
 * itself, each 10 ms, and faster than anything can be looked at where a timer
 * is set so. So the answer to a request that came too late is the answer to
 * the same one that comes next, where it is one that the proof will see.
 */
enum { AGAIN_MS = 1000 };

static void forget(struct late_answer *late)
{
	free(late->requested);
	free(late->event);
	*late = (struct late_answer){.tid = 0};
}

void tracer_remember(struct tracer *tracer, struct job *job)
{
	struct late_answer *late = &tracer->late[tracer->late_next];

	if (job->answer.deed != DEED_PROVE || !job->requested)
		return;
	tracer->late_next = (tracer->late_next + 1) % LATE_MAX;
	forget(late);
	late->tid = job->tid;
	late->notification = job->notification;
	late->answer = job->answer;
	late->event = PTR_MOVE(job->event);
	late->event_len = job->event_len;
	late->requested = PTR_MOVE(job->requested);
	late->until_ms = held_now_ms() + AGAIN_MS;
}

static bool asks_the_same(const struct late_answer *late,
			  const struct notification *n)
{
	const bool at = n->call == CALL_EXECVEAT;
	struct target target;
	char path[PATH_MAX];

	if (late->tid != n->tid || late->notification.call != n->call ||
	    late->notification.compat != n->compat ||
	    memcmp(late->notification.args, n->args, sizeof(n->args)) != 0)
		return false;
	target_init(&target, n->tid, NULL, 0);
	return !n->compat &&
	       target_read_string(&target, n->args[at ? 1 : 0], path,
				  sizeof(path), NULL) == 0 &&
	       strcmp(path, late->requested) == 0;
}

bool tracer_answer_again(struct tracer *tracer, const struct request *request)
{
	for (size_t i = 0; i < LATE_MAX; i++) {
		struct late_answer *late = &tracer->late[i];
		OWNED(free_owned) char *requested = NULL;
		struct request again = *request;
		struct answer answer;

		if (!late->tid)
			continue;
		if (late->until_ms < held_now_ms()) {
			forget(late);
			continue;
		}
		if (!asks_the_same(late, &request->n))
			continue;
		answer = late->answer;
		if (late->event)
			journal_push(tracer->journal, PTR_MOVE(late->event),
				     late->event_len);
		requested = PTR_MOVE(late->requested);
		forget(late);
		again.requested = requested;
		tracer_answer(tracer, &again, &answer);
		return true;
	}
	return false;
}
