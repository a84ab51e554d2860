#include "event.h"

#include "event_internal.h"

#include <string.h>

/* ECS' words for each action; they are closed sets, see "Categorization fields"
 * there. */
struct kind {
	const char *name;
	bool alert;   /* drift, or handled like drift */
	bool failure; /* the request was not carried out */
	const char *category;
	const char *type;
};

static const struct kind kinds[] = {
	[ACTION_CONTAINER_SEALED] = {"container-sealed", false, false,
				     "configuration", "creation"},
	[ACTION_EXEC_BLOCKED] = {"exec-blocked", true, true, "process",
				 "start"},
	[ACTION_EXEC_FLAGGED] = {"exec-flagged", true, false, "process",
				 "start"},
	[ACTION_LIBRARY_BLOCKED] = {"library-blocked", true, true, "library",
				    "start"},
	[ACTION_LIBRARY_FLAGGED] = {"library-flagged", true, false, "library",
				    "start"},
	[ACTION_SCRIPT_FLAGGED] = {"script-flagged", true, false, "process",
				   "start"},
	[ACTION_SCRIPT_BLOCKED] = {"script-blocked", true, true, "process",
				   "start"},
	[ACTION_RACE_KILLED] = {"race-killed", true, true, "process", "end"},
	[ACTION_SESSION_OPENED] = {"session-opened", false, false, "session",
				   "start"},
	[ACTION_SESSION_REFUSED] = {"session-refused", true, true, "session",
				    "start"},
	[ACTION_SUPERVISOR_DIED] = {"supervisor-died", true, true, "process",
				    "end"},
	[ACTION_CONTAINER_RELEASED] = {"container-released", false, false,
				       "configuration", "deletion"},
};

static const char *const reasons[] = {
	[REASON_NONE] = "none",
	[REASON_NOT_IN_IMAGE] = "not-in-image",
	[REASON_MODIFIED] = "modified",
	[REASON_WRONG_PATH] = "wrong-path",
	[REASON_VOLUME] = "volume",
	[REASON_MEMORY_FILE] = "memory-file",
	[REASON_SPECIAL_FILE] = "special-file",
	[REASON_INTERPRETER_DRIFT] = "interpreter-drift",
	[REASON_UNRESOLVABLE] = "unresolvable",
	[REASON_ARGUMENTS] = "arguments",
	[REASON_TRACED] = "traced",
	[REASON_WRITABLE] = "writable",
	[REASON_TIMEOUT] = "timeout",
};

const char *event_action_name(enum action action)
{
	return kinds[action].name;
}

const char *event_reason_name(enum reason reason)
{
	return reasons[reason];
}

static void put_words(struct fields *f, struct json *root, const char *name,
		      const char *first, const char *second)
{
	OWNED(json_owned) struct json *words = json_new_array();

	fields_append(f, words, first, strlen(first), strlen(first));
	if (second)
		fields_append(f, words, second, strlen(second), strlen(second));
	fields_put(f, root, name, PTR_MOVE(words));
}

void event_put_head(struct fields *f, struct json *root,
		    const struct event *event)
{
	const struct kind *kind = &kinds[event->action];
	bool failure = kind->failure && !event->flagged;
	bool alert = kind->alert || event->flagged;

	fields_time(f, root, "@timestamp", event->time);
	fields_text(f, root, "ecs.version", "8.11");
	fields_text(f, root, "event.kind", alert ? "alert" : "event");
	put_words(f, root, "event.category", kind->category,
		  alert ? "intrusion_detection" : NULL);
	put_words(f, root, "event.type", kind->type,
		  !alert    ? NULL
		  : failure ? "denied"
			    : "allowed");
	fields_text(f, root, "event.action", kind->name);
	fields_text(f, root, "event.outcome", failure ? "failure" : "success");
	fields_text(f, root, "event.dataset", "runmoor.events");
	fields_text(f, root, "event.provider", "runmoor");
}
