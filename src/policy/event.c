#include "event.h"

#include "event_internal.h"
#include "sha256.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The limits go from the fullest line down to one that always fits, even if
 * each byte of a text takes six in JSON. */
enum { BRIEF = 5 };

static const struct field_limits limits[] = {
	{64, 1024, ANCESTORS_MAX, 4096, 16},
	{16, 256, ANCESTORS_MAX, 4096, 16},
	{4, 64, ANCESTORS_MAX, 4096, 16},
	{4, 64, 1, 4096, 4},
	{4, 64, 0, 1024, 1},
	{4, 64, 0, 256, 1}, /* BRIEF */
	{1, 64, 0, 96, 0},
};

void event_init(struct event *event, enum action action)
{
	*event = (struct event){
		.action = action,
		.process = {.pid_namespaced = -1,
			    .thread = -1,
			    .parent = -1,
			    .uid = -1,
			    .gid = -1},
		.allow_rule = -1,
		.session_uid = -1,
	};
}

void event_clear(struct event *event)
{
	process_info_clear(&event->process);
	for (size_t i = 0; i < event->ancestor_count; i++)
		process_info_clear(&event->ancestors[i]);
	for (size_t i = 0; i < event->unreadable_listed; i++)
		free(event->unreadable[i]);
	for (size_t i = 0; i < event->left_out_listed; i++)
		free(event->left_out[i]);
	free(event->left_out);
	free(event->ancestors);
	free(event->unreadable);
	free(event->file.path);
	free(event->syscall);
	free(event->requested);
	free(event->detail);
	free(event->manifest_sha256);
	free(event->session_args);
	*event = (struct event){.allow_rule = -1, .session_uid = -1};
}

static void put_container(struct fields *f, struct json *root,
			  const struct event_container *container)
{
	struct workload names;

	workload_find(&container->names, &names);
	fields_text(f, root, "container.id", container->id);
	fields_text(f, root, "container.name", names.container);
	fields_text(f, root, "container.image.name", names.image);
	fields_text(f, root, "container.runtime", names.runtime);
	if (!names.pod && !names.namespace)
		return;
	fields_text(f, root, "orchestrator.type", "kubernetes");
	fields_text(f, root, "orchestrator.namespace", names.namespace);
	if (names.pod)
		fields_text(f, root, "orchestrator.resource.type", "pod");
	fields_text(f, root, "orchestrator.resource.name", names.pod);
}

/* The reader stopped at PROCESS_ARGS_MAX. */
static void put_args(struct fields *f, struct json *object, const char *name,
		     const struct process_info *process)
{
	fields_args(f, object, name, process->args, process->args_len);
	if (process->args_len >= PROCESS_ARGS_MAX)
		f->truncated = true;
}

static void put_process(struct fields *f, struct json *root,
			const struct process_info *process)
{
	/* A summary has no process, only its program. */
	if (process->pid <= 0) {
		fields_text(f, root, "process.executable", process->executable);
		return;
	}
	fields_number(f, root, "process.pid", process->pid);
	fields_number(f, root, "process.thread.id", process->thread);
	fields_number(f, root, "process.parent.pid", process->parent);
	fields_text(f, root, "process.name", process->name);
	fields_text(f, root, "process.executable", process->executable);
	put_args(f, root, "process.args", process);
	fields_text(f, root, "process.working_directory", process->cwd);
	fields_keyword(f, root, "process.user.id", process->uid);
	fields_keyword(f, root, "process.group.id", process->gid);
}

static struct timespec from_ns(int64_t ns)
{
	enum { SECOND = 1000000000 };
	struct timespec time = {.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};

	if (time.tv_nsec < 0) {
		time.tv_sec--;
		time.tv_nsec += SECOND;
	}
	return time;
}

static void put_file(struct fields *f, struct json *root,
		     const struct event_file *file)
{
	const struct identity *identity = &file->identity;
	char hex[DIGEST_HEX];
	char octal[16];

	fields_text(f, root, "file.path", file->path);
	if (file->has_identity) {
		(void)snprintf(octal, sizeof(octal), "%04o",
			       identity->mode & 07777U);
		fields_put(f, root, "file.size", json_new_uint(identity->size));
		fields_text(f, root, "file.mode", octal);
		fields_keyword(f, root, "file.uid", identity->uid);
		fields_keyword(f, root, "file.gid", identity->gid);
		fields_time(f, root, "file.mtime", from_ns(identity->mtime_ns));
		fields_time(f, root, "file.ctime", from_ns(identity->ctime_ns));
		fields_keyword(f, root, "file.inode", (int64_t)identity->ino);
	}
	if (file->has_digest) {
		sha256_hex(file->digest, hex);
		fields_text(f, root, "file.hash.sha256", hex);
	}
}

static void put_ancestors(struct fields *f, struct json *root,
			  const struct event *event)
{
	OWNED(json_owned) struct json *list = json_new_array();
	size_t count = event->ancestor_count;

	if (count > f->limits->ancestors) {
		f->truncated |= count <= ANCESTORS_MAX;
		count = f->limits->ancestors;
	}
	for (size_t i = 0; i < count; i++) {
		const struct process_info *process = &event->ancestors[i];
		OWNED(json_owned) struct json *object = json_new_object();

		fields_number(f, object, "pid", process->pid);
		fields_text(f, object, "executable", process->executable);
		put_args(f, object, "args", process);
		if (!list || json_append(list, PTR_MOVE(object)) < 0)
			f->failed = true;
	}
	if (count > 0)
		fields_put(f, root, "runmoor.ancestors", PTR_MOVE(list));
}

static void put_policy(struct fields *f, struct json *root,
		       const struct event_container *container)
{
	const struct config *config = container->config;

	fields_text(f, root, "runmoor.policy.name", container->policy);
	if (!config)
		return;
	fields_text(f, root, "runmoor.policy.mode",
		    config_mode_name(config->mode));
	fields_text(f, root, "runmoor.policy.match",
		    config_match_name(config->match));
	fields_text(f, root, "runmoor.policy.libraries",
		    config_libraries_name(config->libraries));
	fields_text(f, root, "runmoor.policy.scripts",
		    config_scripts_name(config->scripts));
}

/* Put as many of texts as an event may list. */
static void put_list(struct fields *f, struct json *root, const char *name,
		     char *const *texts, size_t count)
{
	OWNED(json_owned) struct json *list = json_new_array();

	for (size_t i = 0; i < count && i < f->limits->listed; i++)
		fields_append(f, list, texts[i], strlen(texts[i]),
			      f->limits->text);
	fields_put(f, root, name, PTR_MOVE(list));
}

static void put_seal(struct fields *f, struct json *root,
		     const struct event *event)
{
	fields_put(f, root, "runmoor.seal.files",
		   json_new_uint(event->sealed_files));
	fields_put(f, root, "runmoor.seal.bytes",
		   json_new_uint(event->sealed_bytes));
	fields_text(f, root, "runmoor.seal.manifest", event->manifest_sha256);
	fields_put(f, root, "runmoor.seal.cached",
		   json_new_bool(event->cached));
	fields_put(f, root, "runmoor.seal.unreadable.count",
		   json_new_uint(event->unreadable_count));
	put_list(f, root, "runmoor.seal.unreadable.paths", event->unreadable,
		 event->unreadable_listed);
}

static void put_volumes(struct fields *f, struct json *root,
			const struct event *event)
{
	fields_put(f, root, "runmoor.seal.volumes.files",
		   json_new_uint(event->volume_files));
	fields_put(f, root, "runmoor.seal.volumes.bytes",
		   json_new_uint(event->volume_bytes));
	fields_put(f, root, "runmoor.seal.volumes.first",
		   json_new_uint(event->volume_first));
	fields_put(f, root, "runmoor.seal.volumes.left_out.count",
		   json_new_uint(event->left_out_count));
	put_list(f, root, "runmoor.seal.volumes.left_out.volumes",
		 event->left_out, event->left_out_listed);
}

static void put_session(struct fields *f, struct json *root,
			const struct event *event)
{
	if (event->session_args)
		fields_args(f, root, "runmoor.session.args",
			    event->session_args, event->session_args_len);
	fields_keyword(f, root, "runmoor.session.user.id", event->session_uid);
}

static void put_runmoor(struct fields *f, struct json *root,
			const struct event *event,
			const struct event_container *container)
{
	if (event->reason != REASON_NONE)
		fields_text(f, root, "runmoor.reason",
			    event_reason_name(event->reason));
	fields_text(f, root, "runmoor.detail", event->detail);
	fields_text(f, root, "runmoor.syscall", event->syscall);
	fields_text(f, root, "runmoor.requested_path", event->requested);
	if (event->process.pid > 0)
		fields_number(f, root, "runmoor.pid_in_container",
			      event->process.pid_namespaced);
	put_ancestors(f, root, event);
	put_session(f, root, event);
	fields_number(f, root, "runmoor.allow_rule", event->allow_rule);
	if (event->repeated > 0)
		fields_put(f, root, "runmoor.repeated",
			   json_new_uint(event->repeated));
	if (event->action == ACTION_CONTAINER_SEALED) {
		put_seal(f, root, event);
		put_volumes(f, root, event);
	}
	if (event->action == ACTION_CONTAINER_RELEASED) {
		fields_put(f, root, "runmoor.hashed.files",
			   json_new_uint(event->hashed_files));
		fields_put(f, root, "runmoor.hashed.bytes",
			   json_new_uint(event->hashed_bytes));
	}
	fields_text(f, root, "runmoor.bundle", container->bundle);
	fields_text(f, root, "runmoor.runtime", container->names.runtime);
	put_policy(f, root, container);
	if (f->truncated)
		fields_put(f, root, "runmoor.truncated", json_new_bool(true));
}

static int write_within(const struct event *event,
			const struct event_container *container,
			struct fields *f, struct buffer *out)
{
	OWNED(json_owned) struct json *root = json_new_object();

	f->failed = !root;
	event_put_head(f, root, event);
	put_container(f, root, container);
	put_process(f, root, &event->process);
	put_file(f, root, &event->file);
	put_runmoor(f, root, event, container);
	if (f->failed)
		return -1;
	json_write(root, false, out);
	buffer_append(out, "\n", 1);
	return buffer_failed(out) ? -1 : 0;
}

int event_write(const struct event *event,
		const struct event_container *container, struct buffer *out)
{
	for (size_t i = event->brief ? BRIEF : 0; i < ARRAY_LEN(limits); i++) {
		OWNED(buffer_clear) struct buffer line = BUFFER_INIT;
		struct fields f = {
			.limits = &limits[i],
			.truncated = i > 0,
		};

		if (write_within(event, container, &f, &line) < 0)
			return -1;
		if (line.len > EVENT_LINE_MAX - EVENT_END_MAX &&
		    i + 1 < ARRAY_LEN(limits))
			continue;
		buffer_append(out, line.data, line.len);
		break;
	}
	return buffer_failed(out) ? -1 : 0;
}

void event_end_lost(uint64_t lost, char ret[EVENT_END_MAX])
{
	(void)snprintf(ret, EVENT_END_MAX, ",\"events_lost\":%" PRIu64 "}}\n",
		       lost);
}
