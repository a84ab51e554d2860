#include "event.h"

#include "test.h"

#include <inttypes.h>
#include <string.h>

enum { ACTIONS = ACTION_CONTAINER_RELEASED + 1 };

/* A name that a container can give to a file: quotes, line ends, an escape
 * sequence, half a character, a byte order mark, U+2028, and a line of its own.
 */
static const char hostile[] = "/tmp/\"\\\n{\"event\":1}\r\x1b[2J\xc3\x28\xff"
			      "\xef\xbb\xbf\xe2\x80\xa8 \xf0\x9f\xa6\xa2";
static const char hostile_args[] = "sh\0-c\0\0\"\n\x80\xfe\0last";

static const struct config config = {
	.mode = MODE_ENFORCE,
	.match = MATCH_CONTENT,
	.libraries = LIBRARIES_ENFORCE,
	.scripts = SCRIPTS_AUDIT,
};

static struct json *json_of(const char *text)
{
	struct json *value = NULL;
	struct err e = {0};

	if (json_parse(text, strlen(text), &value, &e) < 0)
		(void)printf("in a row: %s: %s\n", text, e.text);
	return value;
}

static char *bytes_copy(const char *bytes, size_t len)
{
	char *copy = malloc(len);

	if (copy)
		memcpy(copy, bytes, len);
	return copy;
}

static void fill_process(struct process_info *process, int64_t pid)
{
	*process = (struct process_info){
		.pid = pid,
		.pid_namespaced = 7,
		.thread = pid + 1,
		.parent = pid - 1,
		.uid = 100000,
		.gid = 0,
		.executable = strdup(hostile),
		.cwd = strdup(hostile),
		.name = strdup("sh\n\x80"),
		.args = bytes_copy(hostile_args, sizeof(hostile_args)),
		.args_len = sizeof(hostile_args),
	};
}

/* The maximum that is read of a process, none of it printable. */
static char *long_text(void)
{
	char *text = calloc(1, PROCESS_ARGS_MAX + 1);

	if (text)
		memset(text, 1, PROCESS_ARGS_MAX);
	return text;
}

/* An event of that action with all that it can carry. */
static void fill(struct event *event, enum action action, enum reason reason)
{
	event_init(event, action);
	event->reason = reason;
	event->time = (struct timespec){1700000000, 42};
	event->repeated = 3;
	event->detail = strdup(hostile);
	if (action == ACTION_CONTAINER_SEALED) {
		event->sealed_files = 1234;
		event->sealed_bytes = UINT64_C(1) << 40;
		event->unreadable_count = 20;
		event->unreadable = calloc(20, sizeof(char *));
		event->unreadable_listed = event->unreadable ? 20 : 0;
		for (size_t i = 0; i < event->unreadable_listed; i++)
			event->unreadable[i] = strdup(hostile);
		event->manifest_sha256 =
			strdup("e3b0c44298fc1c149afbf4c8996fb924"
			       "27ae41e4649b934ca495991b7852b855");
	}
	if (action == ACTION_CONTAINER_SEALED ||
	    action == ACTION_SUPERVISOR_DIED ||
	    action == ACTION_CONTAINER_RELEASED)
		return;
	fill_process(&event->process, 4242);
	event->ancestors = calloc(2, sizeof(*event->ancestors));
	event->ancestor_count = event->ancestors ? 2 : 0;
	for (size_t i = 0; i < event->ancestor_count; i++)
		fill_process(&event->ancestors[i], 4000 - (int64_t)i);
	event->file = (struct event_file){
		.path = strdup(hostile),
		.has_identity = true,
		.identity = {.ino = 99,
			     .size = UINT64_C(1) << 33,
			     .mtime_ns = -1,
			     .ctime_ns = INT64_MAX,
			     .mode = 0104755,
			     .uid = UINT32_MAX},
		.has_digest = true,
	};
	event->syscall = strdup("execve");
	event->requested = strdup(hostile);
	event->allow_rule = action == ACTION_EXEC_FLAGGED ? 0 : -1;
}

static int write_line(const struct event *event, const struct json *annotations,
		      struct buffer *out)
{
	const struct event_container container = {
		.id = "c\xff\"1",
		.bundle = "/run/bundle\n",
		.names = {.runtime = "/usr/bin/runc",
			  .annotations = annotations},
		.config = &config,
	};

	return event_write(event, &container, out);
}

static struct json *written(const struct event *event,
			    const struct json *annotations)
{
	struct buffer out = BUFFER_INIT;
	struct json *line = NULL;
	struct err e = {0};

	CHECK("it can be written", write_line(event, annotations, &out) == 0);
	CHECK("one line",
	      out.len > 1 && strchr(out.data, '\n') == out.data + out.len - 1);
	CHECK("of JSON", json_parse(out.data, out.len, &line, &e) == 0);
	for (size_t i = 0; i + 1 < out.len; i++)
		CHECK("no control character",
		      (unsigned char)out.data[i] >= 0x20);
	buffer_clear(&out);
	return line;
}

/* The member under a dotted name; NULL if there is none. */
static const struct json *member(const struct json *object, const char *name)
{
	char key[64];

	while (object && *name) {
		size_t len = strcspn(name, ".");

		(void)snprintf(key, sizeof(key), "%.*s", (int)len, name);
		object = json_get(object, key);
		name += len + (name[len] == '.');
	}
	return object;
}

static bool is_text(const struct json *line, const char *name, const char *text)
{
	const char *found;

	return json_string(member(line, name), &found) &&
	       strcmp(found, text) == 0;
}

static bool is_number(const struct json *line, const char *name,
		      uint64_t number)
{
	uint64_t found;

	return json_uint(member(line, name), &found) && found == number;
}

/* expected NULL: not there. */
static bool is_json(const struct json *line, const char *name,
		    const char *expected)
{
	OWNED(json_owned)
	struct json *value = expected ? json_of(expected) : NULL;

	return json_equal(member(line, name), value);
}

static void test_every_action(void)
{
	for (int i = 0; i < ACTIONS; i++) {
		enum action action = (enum action)i;
		const char *name = event_action_name(action);
		OWNED(json_owned) struct json *line = NULL;
		struct event event;

		fill(&event, action, REASON_NOT_IN_IMAGE);
		line = written(&event, NULL);
		CHECK(name, is_text(line, "event.action", name));
		CHECK(name, is_text(line, "@timestamp",
				    "2023-11-14T22:13:20.000000042Z"));
		CHECK(name, is_text(line, "container.id", "c\\xff\"1"));
		CHECK(name, is_text(line, "container.runtime", "runc"));
		CHECK(name, is_text(line, "runmoor.runtime", "/usr/bin/runc"));
		CHECK(name, is_number(line, "runmoor.repeated", 3));
		CHECK(name,
		      is_json(line, "runmoor.policy",
			      "{\"mode\":\"enforce\",\"match\":\"content\","
			      "\"libraries\":\"enforce\",\"scripts\":"
			      "\"audit\"}"));
		event_clear(&event);
	}
}

static void test_outcomes(void)
{
	static const struct {
		enum action action;
		bool flagged;
		const char *kind, *outcome, *category, *type;
	} rows[] = {
		{ACTION_CONTAINER_SEALED, false, "event", "success",
		 "[\"configuration\"]", "[\"creation\"]"},
		{ACTION_EXEC_BLOCKED, false, "alert", "failure",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"start\",\"denied\"]"},
		{ACTION_EXEC_FLAGGED, true, "alert", "success",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"start\",\"allowed\"]"},
		{ACTION_EXEC_FLAGGED, false, "alert", "success",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"start\",\"allowed\"]"},
		{ACTION_LIBRARY_BLOCKED, false, "alert", "failure",
		 "[\"library\",\"intrusion_detection\"]",
		 "[\"start\",\"denied\"]"},
		{ACTION_LIBRARY_BLOCKED, true, "alert", "success",
		 "[\"library\",\"intrusion_detection\"]",
		 "[\"start\",\"allowed\"]"},
		{ACTION_SCRIPT_FLAGGED, true, "alert", "success",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"start\",\"allowed\"]"},
		{ACTION_SCRIPT_BLOCKED, false, "alert", "failure",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"start\",\"denied\"]"},
		{ACTION_RACE_KILLED, false, "alert", "failure",
		 "[\"process\",\"intrusion_detection\"]",
		 "[\"end\",\"denied\"]"},
		{ACTION_SESSION_OPENED, false, "event", "success",
		 "[\"session\"]", "[\"start\"]"},
		{ACTION_SESSION_OPENED, true, "alert", "success",
		 "[\"session\",\"intrusion_detection\"]",
		 "[\"start\",\"allowed\"]"},
		{ACTION_SESSION_REFUSED, false, "alert", "failure",
		 "[\"session\",\"intrusion_detection\"]",
		 "[\"start\",\"denied\"]"},
		{ACTION_CONTAINER_RELEASED, false, "event", "success",
		 "[\"configuration\"]", "[\"deletion\"]"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *name = event_action_name(rows[i].action);
		OWNED(json_owned) struct json *line = NULL;
		struct event event;

		fill(&event, rows[i].action, REASON_MODIFIED);
		event.flagged = rows[i].flagged;
		line = written(&event, NULL);
		CHECK(name, is_text(line, "event.kind", rows[i].kind));
		CHECK(name, is_text(line, "event.outcome", rows[i].outcome));
		CHECK(name, is_json(line, "event.category", rows[i].category));
		CHECK(name, is_json(line, "event.type", rows[i].type));
		event_clear(&event);
	}
}

#define SHOWN                                                                  \
	"/tmp/\"\\\n{\"event\":1}\r\x1b[2J\\xc3(\\xff"                         \
	"\xef\xbb\xbf\xe2\x80\xa8 \xf0\x9f\xa6\xa2"

static const struct {
	const char *name, *member, *text;
} texts[] = {
	{"the reason", "runmoor.reason", "wrong-path"},
	{"a hostile path is told as it is", "file.path", SHOWN},
	{"the requested path", "runmoor.requested_path", SHOWN},
	{"the executable", "process.executable", SHOWN},
	{"the folder", "process.working_directory", SHOWN},
	{"a sentence", "runmoor.detail", SHOWN},
	{"the process' name", "process.name", "sh\n\\x80"},
	{"the user", "process.user.id", "100000"},
	{"the group, which is 0", "process.group.id", "0"},
	{"the syscall", "runmoor.syscall", "execve"},
	{"the mode, with setuid", "file.mode", "4755"},
	{"the owner", "file.uid", "4294967295"},
	{"the inode", "file.inode", "99"},
	{"a time before 1970", "file.mtime", "1969-12-31T23:59:59.999999999Z"},
	{"the last time there is", "file.ctime",
	 "2262-04-11T23:47:16.854775807Z"},
	{"the digest", "file.hash.sha256",
	 "0000000000000000000000000000000000000000000000000000000000000000"},
};

static const struct {
	const char *name, *member;
	uint64_t number;
} numbers[] = {
	{"the pid", "process.pid", 4242},
	{"the thread", "process.thread.id", 4243},
	{"the parent", "process.parent.pid", 4241},
	{"the pid in the container", "runmoor.pid_in_container", 7},
	{"the size", "file.size", UINT64_C(1) << 33},
};

static void test_values(void)
{
	OWNED(json_owned) struct json *line = NULL;
	const struct json *ancestors;
	struct event event;

	fill(&event, ACTION_EXEC_BLOCKED, REASON_WRONG_PATH);
	line = written(&event, NULL);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		CHECK(texts[i].name,
		      is_text(line, texts[i].member, texts[i].text));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		CHECK(numbers[i].name,
		      is_number(line, numbers[i].member, numbers[i].number));
	CHECK("arguments, empty and hostile ones too",
	      is_json(line, "process.args",
		      "[\"sh\",\"-c\",\"\",\"\\\"\\n\\\\x80\\\\xfe\","
		      "\"last\"]"));
	ancestors = member(line, "runmoor.ancestors");
	CHECK("two ancestors", json_count(ancestors) == 2);
	CHECK("the nearest first",
	      is_number(json_at(ancestors, 0), "pid", 4000));
	CHECK("no exception was used", !member(line, "runmoor.allow_rule"));
	CHECK("nothing was cut", !member(line, "runmoor.truncated"));
	event_clear(&event);
}

static void test_absent(void)
{
	OWNED(json_owned) struct json *line = NULL;
	struct event event;

	event_init(&event, ACTION_SESSION_REFUSED);
	line = written(&event, NULL);
	CHECK("no process", !member(line, "process"));
	CHECK("no file", !member(line, "file"));
	CHECK("no reason", !member(line, "runmoor.reason"));
	CHECK("no ancestors", !member(line, "runmoor.ancestors"));
	CHECK("no pod", !member(line, "orchestrator"));
	CHECK("no seal", !member(line, "runmoor.seal"));
	CHECK("for itself", !member(line, "runmoor.repeated"));
	event_clear(&event);
}

static void test_seal(void)
{
	OWNED(json_owned) struct json *line = NULL;
	struct event event;

	fill(&event, ACTION_CONTAINER_SEALED, REASON_NONE);
	event.cached = true;
	line = written(&event, NULL);
	CHECK("files", is_number(line, "runmoor.seal.files", 1234));
	CHECK("bytes",
	      is_number(line, "runmoor.seal.bytes", UINT64_C(1) << 40));
	CHECK("cached", is_json(line, "runmoor.seal.cached", "true"));
	CHECK("how many can't be read",
	      is_number(line, "runmoor.seal.unreadable.count", 20));
	CHECK("the first of them",
	      json_count(member(line, "runmoor.seal.unreadable.paths")) == 16);
	event_clear(&event);
}

static void test_cuts(void)
{
	OWNED(json_owned) struct json *line = NULL;
	struct event event;
	static const unsigned char euro[] = {0xe2, 0x82, 0xac};
	const char *text = "";
	char *path = calloc(1, 5001);
	char *args = calloc(1, PROCESS_ARGS_MAX);

	event_init(&event, ACTION_EXEC_BLOCKED);
	event.process.pid = 1;
	event.process.args = args;
	event.process.args_len = args ? 2000 : 0;
	event.file.path = path;
	if (args && path) {
		memset(args, 'a', 1300); /* then 700 empty ones */
		memset(path, 'x', 5000);
		memcpy(path + 4094, euro, sizeof(euro)); /* over the edge */
	}
	line = written(&event, NULL);
	CHECK("64 arguments", json_count(member(line, "process.args")) == 64);
	CHECK("1,024 bytes of each",
	      json_string(json_at(member(line, "process.args"), 0), &text) &&
		      strlen(text) == 1024);
	CHECK("a path is cut before the character that doesn't fit",
	      json_string(member(line, "file.path"), &text) &&
		      strlen(text) == 4094);
	CHECK("and that is told", is_json(line, "runmoor.truncated", "true"));
	event_clear(&event);
}

static void test_read_limit(void)
{
	OWNED(json_owned) struct json *line = NULL;
	struct event event;

	event_init(&event, ACTION_EXEC_BLOCKED);
	event.process.pid = 1;
	event.process.args = malloc(PROCESS_ARGS_MAX);
	event.process.args_len = event.process.args ? PROCESS_ARGS_MAX : 0;
	for (size_t i = 0; i < event.process.args_len; i++)
		event.process.args[i] = i % 128 == 127 ? '\0' : 'a';
	line = written(&event, NULL);
	CHECK("arguments up to what was read",
	      json_count(member(line, "process.args")) == 32);
	CHECK("may have more behind them",
	      is_json(line, "runmoor.truncated", "true"));
	event_clear(&event);
}

/* Control characters, each six bytes in JSON, in all that a container can
 * choose. */
static void test_line_limit(void)
{
	static const size_t counts[] = {0, 1, 8};

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct event_container container = {.id = "id"};
		struct buffer line = BUFFER_INIT;
		struct event event;
		char **const fields[] = {
			&event.process.name,	&event.process.executable,
			&event.process.cwd,	&event.file.path,
			&event.requested,	&event.detail,
			&event.manifest_sha256,
		};

		event_init(&event, i == 2 ? ACTION_CONTAINER_SEALED
					  : ACTION_EXEC_BLOCKED);
		event.process.pid = 1;
		for (size_t t = 0; t < ARRAY_LEN(fields); t++)
			*fields[t] = long_text();
		container.names.name = container.names.image = event.detail;
		container.names.runtime = container.bundle = event.detail;
		container.policy = event.detail;
		event.process.args = long_text();
		event.process.args_len = PROCESS_ARGS_MAX;
		event.ancestors = calloc(8, sizeof(*event.ancestors));
		event.unreadable = calloc(16, sizeof(*event.unreadable));
		event.ancestor_count = event.ancestors ? counts[i] : 0;
		for (size_t a = 0; a < event.ancestor_count; a++) {
			event.ancestors[a].pid = 1;
			event.ancestors[a].executable = long_text();
			event.ancestors[a].args = long_text();
			event.ancestors[a].args_len = PROCESS_ARGS_MAX;
		}
		for (size_t u = 0; event.unreadable && u < 16; u++)
			event.unreadable[event.unreadable_listed++] =
				long_text();
		CHECK("it is written",
		      event_write(&event, &container, &line) == 0);
		CHECK("a line is never longer",
		      line.len <= EVENT_LINE_MAX - EVENT_END_MAX);
		CHECK("that is told",
		      line.data && strstr(line.data, "\"truncated\":true"));
		CHECK("the id is whole",
		      line.data && strstr(line.data, "\"id\":\"id\""));
		buffer_clear(&line);
		event_clear(&event);
	}
}

/* Members for which there is room stay: arguments are cut first. */
static void test_what_is_cut(void)
{
	OWNED(json_owned) struct json *line = NULL;
	const char *text = "";
	struct event event;

	event_init(&event, ACTION_EXEC_BLOCKED);
	event.process.pid = 1;
	event.ancestors = calloc(8, sizeof(*event.ancestors));
	event.ancestor_count = event.ancestors ? 8 : 0;
	for (size_t i = 0; i < event.ancestor_count; i++) {
		event.ancestors[i].pid = 1;
		event.ancestors[i].executable = strdup("/bin/sh");
		event.ancestors[i].args = long_text();
		event.ancestors[i].args_len = PROCESS_ARGS_MAX;
	}
	event.file.path = strdup("/tmp/x");
	line = written(&event, NULL);
	CHECK("all ancestors",
	      json_count(member(line, "runmoor.ancestors")) == 8);
	CHECK("their arguments are cut",
	      json_string(json_at(json_get(json_at(member(line,
							  "runmoor.ancestors"),
						   7),
					   "args"),
				  0),
			  &text) &&
		      strlen(text) < 1024);
	CHECK("the path isn't", is_text(line, "file.path", "/tmp/x"));
	event_clear(&event);
}

static void test_brief(void)
{
	OWNED(json_owned) struct json *line = NULL;
	const char *text = "";
	struct event event;

	event_init(&event, ACTION_EXEC_BLOCKED);
	event.brief = true;
	event.file.path = long_text();
	line = written(&event, NULL);
	CHECK("texts are short",
	      json_string(member(line, "file.path"), &text) &&
		      strlen(text) == 256);
	CHECK("which is told", is_json(line, "runmoor.truncated", "true"));
	event_clear(&event);
}

static void test_end(void)
{
	char end[EVENT_END_MAX];

	event_end_lost(UINT64_MAX, end);
	CHECK("the largest count fits",
	      strcmp(end, ",\"events_lost\":18446744073709551615}}\n") == 0);
}

static void test_annotations(void)
{
	static const struct {
		const char *name, *annotations, *orchestrator, *image, *called;
	} rows[] = {
		{"none", "{}", NULL, NULL, NULL},
		{"podman's", "{\"io.container.manager\":\"libpod\"}", NULL,
		 NULL, NULL},
		{"containerd's CRI",
		 "{\"io.kubernetes.cri.sandbox-name\":\"web-0\","
		 "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
		 "\"io.kubernetes.cri.image-name\":\"nginx:1\","
		 "\"io.kubernetes.cri.container-name\":\"nginx\"}",
		 "{\"type\":\"kubernetes\",\"namespace\":\"shop\","
		 "\"resource\":{\"type\":\"pod\",\"name\":\"web-0\"}}",
		 "nginx:1", "nginx"},
		{"the kubelet's, and CRI-O's with another engine",
		 "{\"io.kubernetes.cri-o.KubeName\":\"other\","
		 "\"io.kubernetes.pod.name\":\"web-0\","
		 "\"io.kubernetes.pod.namespace\":\"shop\","
		 "\"io.kubernetes.cri-o.ImageName\":\"nginx:2\","
		 "\"io.kubernetes.container.name\":\"nginx\"}",
		 "{\"type\":\"kubernetes\",\"namespace\":\"shop\","
		 "\"resource\":{\"type\":\"pod\",\"name\":\"web-0\"}}",
		 NULL, "nginx"},
		{"a namespace alone",
		 "{\"io.kubernetes.pod.namespace\":\"shop\"}",
		 "{\"type\":\"kubernetes\",\"namespace\":\"shop\"}", NULL,
		 NULL},
		{"empty and odd ones",
		 "{\"io.kubernetes.cri.sandbox-name\":\"\","
		 "\"io.kubernetes.cri.image-name\":7}",
		 NULL, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(json_owned)
		struct json *annotations = json_of(rows[i].annotations);
		OWNED(json_owned) struct json *line = NULL;
		struct event event;

		event_init(&event, ACTION_SESSION_OPENED);
		line = written(&event, annotations);
		CHECK(rows[i].name,
		      is_json(line, "orchestrator", rows[i].orchestrator));
		CHECK(rows[i].name,
		      rows[i].image ? is_text(line, "container.image.name",
					      rows[i].image)
				    : !member(line, "container.image"));
		CHECK(rows[i].name,
		      rows[i].called
			      ? is_text(line, "container.name", rows[i].called)
			      : !member(line, "container.name"));
		event_clear(&event);
	}
}

/* One of each action and reason, for tests/validate-events. */
static int print(void)
{
	OWNED(json_owned)
	struct json *annotations =
		json_of("{\"io.kubernetes.cri.sandbox-name\":\"web-0\","
			"\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
			"\"io.kubernetes.cri.image-name\":\"nginx:1\"}");
	struct buffer out = BUFFER_INIT;
	bool failed = false;

	for (int action = 0; action < ACTIONS; action++)
		for (int reason = REASON_NOT_IN_IMAGE; reason <= REASON_TIMEOUT;
		     reason++) {
			struct event event;

			fill(&event, (enum action)action, (enum reason)reason);
			failed = failed ||
				 write_line(&event,
					    reason % 2 ? annotations : NULL,
					    &out) < 0;
			event_clear(&event);
		}
	failed = failed || fwrite(out.data, 1, out.len, stdout) != out.len;
	buffer_clear(&out);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--print") == 0)
		return print();
	test_every_action();
	test_outcomes();
	test_values();
	test_absent();
	test_seal();
	test_cuts();
	test_read_limit();
	test_line_limit();
	test_what_is_cut();
	test_brief();
	test_end();
	test_annotations();
	TEST_END();
}
