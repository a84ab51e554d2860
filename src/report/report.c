#include "report.h"

#include "detail.h"
#include "procfs.h"
#include "session_internal.h"
#include "sha256.h"
#include "stat.h"
#include "witness.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { UNREADABLE_LISTED = 16 };

static char *copy(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

static void begin(struct event *event, enum action action)
{
	event_init(event, action);
	(void)clock_gettime(CLOCK_REALTIME, &event->time);
}

/* The line of event, which is cleared; NULL when out of memory. */
static char *finish(struct event *event, const struct container *container,
		    size_t *ret_len)
{
	const struct event_container whose = {
		.id = container->id,
		.bundle = container->bundle,
		.names = container_names(container),
		.policy = container->policy,
		.config = &container->config,
	};
	struct buffer line = BUFFER_INIT;

	if (event_write(event, &whose, &line) < 0)
		buffer_clear(&line);
	event_clear(event);
	*ret_len = line.len;
	return line.data;
}

static void push(struct event *event, const struct container *container,
		 struct journal *journal)
{
	size_t len;
	char *line = finish(event, container, &len);

	if (line)
		journal_push(journal, line, len);
}

/* The strings of an array, up to the limit of a list; *ret is malloc'ed. */
static size_t take_texts(const struct json *array, char ***ret)
{
	const char *text;
	size_t count = 0;

	*ret = calloc(UNREADABLE_LISTED, sizeof(char *));
	while (*ret && count < UNREADABLE_LISTED &&
	       json_string(json_at(array, count), &text) &&
	       ((*ret)[count] = strdup(text)))
		count++;
	return count;
}

static void describe_image(const struct survey_counts *counts,
			   const char *sha256, struct event *event)
{
	event->sealed_files = counts->files;
	event->sealed_bytes = counts->bytes;
	event->unreadable_count = counts->unreadable_count;
	event->manifest_sha256 = copy(sha256);
	event->unreadable_listed =
		take_texts(counts->unreadable, &event->unreadable);
}

static void describe_seal(const struct container *container,
			  struct event *event)
{
	const struct seal_counts *counts = &container->counts;

	describe_image(&counts->image,
		       container->manifests[SEALED_IMAGE].sha256, event);
	event->cached = counts->cached;
	event->volume_files = counts->volume_files;
	event->volume_bytes = counts->volume_bytes;
	event->volume_first = counts->volumes_first;
	event->left_out_count = counts->volumes_left_count;
	event->left_out_listed =
		take_texts(counts->volumes_left, &event->left_out);
}

/* added: hooks added these; NULL: the whole seal. detail: NULL if the event
 * says it all. */
static void push_seal(const struct container *container,
		      const struct added *added, const char *detail,
		      struct journal *journal)
{
	struct event event;

	begin(&event, ACTION_CONTAINER_SEALED);
	if (added)
		describe_image(&added->counts, added->sha256, &event);
	else
		describe_seal(container, &event);
	event.detail = copy(detail);
	push(&event, container, journal);
}

void report_sealed(const struct container *container, struct journal *journal)
{
	push_seal(container, NULL, NULL, journal);
}

void report_added(const struct container *container, const struct added *added,
		  struct journal *journal)
{
	push_seal(container, added,
		  "hooks of the specification added these before the "
		  "container's start",
		  journal);
}

void report_rewritten(const struct container *container,
		      struct journal *journal)
{
	push_seal(container, NULL,
		  "the specification was rewritten behind runmoor: mounts and "
		  "hooks that were added are drift",
		  journal);
}

void report_released(const struct container *container, struct journal *journal,
		     uint64_t hashed_files, uint64_t hashed_bytes)
{
	struct event event;

	begin(&event, ACTION_CONTAINER_RELEASED);
	event.hashed_files = hashed_files;
	event.hashed_bytes = hashed_bytes;
	push(&event, container, journal);
}

void report_died(const struct container *container, struct journal *journal)
{
	struct event event;

	begin(&event, ACTION_SUPERVISOR_DIED);
	event.detail = strdup("nobody judges what the container executes: "
			      "each exec in it fails with ENOSYS");
	push(&event, container, journal);
}

/*
 * A runtime that runs a copy of itself, mounted for that and detached since,
 * has no path any more, which the kernel writes as the root's.
 */
static void name_runtime(const struct container *container, pid_t tid,
			 char **executable)
{
	char link[PROCFS_PATH];
	struct identity running;
	struct identity runtime;
	bool same;

	if (!*executable || strcmp(*executable, "/") != 0)
		return;
	same = container->runtime &&
	       stat_identity(AT_FDCWD, procfs_path(tid, "exe", link), 0,
			     &running) == 0 &&
	       stat_identity(AT_FDCWD, container->runtime, 0, &runtime) == 0 &&
	       identity_same_file(&running, &runtime);
	free(*executable);
	*executable = same ? copy(container->runtime) : NULL;
}

static void take_ancestors(struct event *event, bool args)
{
	event->ancestors = calloc(ANCESTORS_MAX, sizeof(*event->ancestors));
	if (event->ancestors)
		event->ancestor_count = witness_ancestors(&event->process, args,
							  event->ancestors);
}

/* These are no processes of the container, so reading their memory can't be
 * made to wait. */
struct event *report_asker(pid_t asker)
{
	struct event *event = calloc(1, sizeof(*event));
	const struct process_info child = {.pid_namespaced = -1,
					   .parent = asker};

	if (!event)
		return NULL;
	event_init(event, ACTION_SESSION_OPENED);
	event->ancestors = calloc(ANCESTORS_MAX, sizeof(*event->ancestors));
	if (event->ancestors)
		event->ancestor_count =
			witness_ancestors(&child, true, event->ancestors);
	if (event->ancestor_count)
		session_describe(&event->ancestors[0], event);
	return event;
}

/* Sessions are of one kind if they have the same command and user, and the same
 * programs opened them: health checks. */
static enum telling admit_session(struct journal *journal,
				  const struct event *event)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	const struct event_kind kind = {
		.action = event->action,
		.flagged = event->flagged,
		.allow_rule = -1,
		.program = event->process.executable,
		.digest = digest,
		.command = event->session_args,
		.command_len = event->session_args_len,
	};

	buffer_printf(&bytes, "%lld", (long long)event->session_uid);
	for (size_t i = 0; i < event->ancestor_count; i++) {
		const char *asker = event->ancestors[i].executable;

		buffer_append(&bytes, "", 1);
		if (asker)
			buffer_append(&bytes, asker, strlen(asker));
	}
	if (!event->session_args || buffer_failed(&bytes) ||
	    sha256_bytes(bytes.data, bytes.len, digest, NULL) < 0)
		return TELL_WHOLE;
	return journal_admit(journal, &kind);
}

void report_session(const struct container *container, struct journal *journal,
		    enum action action, struct event *take_event, pid_t tid)
{
	struct event *event = take_event;
	enum telling telling;

	if (!event)
		return;
	event->action = action;
	event->flagged = action == ACTION_SESSION_OPENED &&
			 container->config.exec_sessions == SESSIONS_AUDIT;
	(void)clock_gettime(CLOCK_REALTIME, &event->time);
	if (tid > 0) {
		witness_process(tid, false, &event->process);
		name_runtime(container, tid, &event->process.executable);
	}
	telling = admit_session(journal, event);
	event->brief = telling == TELL_BRIEFLY;
	if (telling == TELL_COUNTED)
		event_clear(event);
	else
		push(event, container, journal);
	free(event);
}

static void describe_file(const struct judgement *judgement,
			  struct event_file *ret)
{
	const struct file_facts *file =
		&judgement->facts->files[judgement->decision->file];

	if (!judgement->identity) {
		ret->path = copy(judgement->requested);
		return;
	}
	ret->path = copy(file->path ? file->path : judgement->requested);
	ret->has_identity = true;
	ret->identity = *judgement->identity;
	ret->has_digest = file->hashed || file->stat_matches;
	memcpy(ret->digest, file->digest, DIGEST_SIZE);
}

/* Find the event's kind, without reading more of the process than its
 * program. */
static enum telling admit(struct journal *journal, const char *program,
			  const struct judgement *judgement)
{
	const struct decision *decision = judgement->decision;
	const struct file_facts *file =
		&judgement->facts->files[decision->file];
	struct event_kind kind = {
		.action = judgement->action,
		.reason = decision->reason,
		.flagged = decision->flagged,
		.allow_rule = decision->allow_rule,
		.program = program,
		.file = judgement->requested ? judgement->requested : "",
	};

	if (judgement->identity) {
		if (file->path)
			kind.file = file->path;
		kind.identity = judgement->identity;
		if (file->hashed || file->stat_matches)
			kind.digest = file->digest;
	}
	return journal_admit(journal, &kind);
}

char *report_judged(const struct container *container, struct journal *journal,
		    const struct judgement *judgement, size_t *ret_len)
{
	const struct decision *decision = judgement->decision;
	const pid_t tid = judgement->tid;
	OWNED(free_owned) char *program = witness_executable(tid);
	struct event event;
	enum telling telling;
	bool args;

	name_runtime(container, tid, &program);
	telling = admit(journal, program, judgement);
	*ret_len = 0;
	if (telling == TELL_COUNTED)
		return NULL;
	args = judgement->args && telling == TELL_WHOLE;
	begin(&event, judgement->action);
	event.brief = telling == TELL_BRIEFLY;
	event.reason = decision->reason;
	event.flagged = decision->flagged;
	event.allow_rule = decision->allow_rule;
	event.syscall = copy(judgement->call);
	event.requested = copy(judgement->requested);
	event.detail = copy(
		detail_choose(&container->config, judgement->facts, decision));
	describe_file(judgement, &event.file);
	witness_process(tid, args, &event.process);
	name_runtime(container, tid, &event.process.executable);
	if (telling == TELL_WHOLE)
		take_ancestors(&event, args);
	return finish(&event, container, ret_len);
}

char *report_summary(const void *context, const struct summary *summary,
		     size_t *ret_len)
{
	const struct container *container = context;
	struct event event;

	begin(&event, summary->action);
	event.reason = summary->reason;
	event.flagged = summary->flagged;
	event.allow_rule = summary->allow_rule;
	event.repeated = summary->count;
	event.file.path = copy(summary->file);
	event.process.executable = copy(summary->program);
	if (summary->command &&
	    (event.session_args = malloc(summary->command_len))) {
		memcpy(event.session_args, summary->command,
		       summary->command_len);
		event.session_args_len = summary->command_len;
	}
	return finish(&event, container, ret_len);
}
