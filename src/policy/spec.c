#include "spec.h"

#include "spec_internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool find_start_hooks(const struct json *document)
{
	const struct json *hooks = json_get(document, "hooks");

	return json_count(json_get(hooks, "prestart")) ||
	       json_count(json_get(hooks, "createRuntime")) ||
	       json_count(json_get(hooks, "createContainer"));
}

int spec_parse(const char *bytes, size_t len, struct spec **ret, struct err *e)
{
	OWNED(spec_owned) struct spec *spec = calloc(1, sizeof(*spec));

	if (!spec)
		return err_set(e, ENOMEM, "config.json");
	if (json_parse(bytes, len, &spec->document, e) < 0 ||
	    spec_check(spec->document, e) < 0)
		return err_wrap(e, "config.json");
	spec->start_hooks = find_start_hooks(spec->document);
	*ret = PTR_MOVE(spec);
	return 0;
}

void spec_free(struct spec *spec)
{
	if (!spec)
		return;
	json_free(spec->document);
	free(spec);
}

void spec_owned(struct spec **spec)
{
	spec_free(*spec);
	*spec = NULL;
}

void spec_write(const struct spec *spec, struct buffer *out)
{
	json_write(spec->document, false, out);
}

const char *spec_text(const struct json *object, const char *key)
{
	const char *text;

	return json_string(json_get(object, key), &text) && *text ? text : NULL;
}

struct json *spec_member(struct json *parent, const char *key,
			 enum json_type type)
{
	struct json *member = json_get(parent, key);

	if (json_type(member) == type)
		return member;
	member = type == JSON_ARRAY ? json_new_array() : json_new_object();
	if (json_set(parent, key, member) < 0)
		return NULL;
	return json_get(parent, key);
}

static bool array_has(const struct json *array, const char *wanted)
{
	const char *text;

	for (size_t i = 0; i < json_count(array); i++)
		if (json_string(json_at(array, i), &text) &&
		    strcasecmp(text, wanted) == 0)
			return true;
	return false;
}

const char *spec_root_path(const struct spec *spec)
{
	return spec_text(json_get(spec->document, "root"), "path");
}

const char *spec_cgroups_path(const struct spec *spec)
{
	return spec_text(json_get(spec->document, "linux"), "cgroupsPath");
}

const struct json *spec_annotations(const struct spec *spec)
{
	const struct json *annotations =
		json_get(spec->document, "annotations");

	return json_type(annotations) == JSON_OBJECT ? annotations : NULL;
}

static const struct json *seccomp_of(const struct spec *spec)
{
	return json_get(json_get(spec->document, "linux"), "seccomp");
}

bool spec_has_listener(const struct spec *spec)
{
	return spec_text(seccomp_of(spec), "listenerPath") != NULL;
}

static bool is_notify(const struct json *object, const char *key)
{
	const char *action = spec_text(object, key);

	return action && strcmp(action, "SCMP_ACT_NOTIFY") == 0;
}

bool spec_has_notify(const struct spec *spec)
{
	const struct json *rules = json_get(seccomp_of(spec), "syscalls");

	for (size_t i = 0; i < json_count(rules); i++)
		if (is_notify(json_at(rules, i), "action"))
			return true;
	return is_notify(seccomp_of(spec), "defaultAction");
}

bool spec_has_start_hooks(const struct spec *spec)
{
	return spec->start_hooks;
}

bool spec_has_capability(const struct spec *spec, const char *name)
{
	const struct json *sets =
		json_get(json_get(spec->document, "process"), "capabilities");

	for (size_t i = 0; i < json_count(sets); i++)
		if (array_has(json_at(sets, i), name))
			return true;
	return false;
}

bool spec_no_new_privileges(const struct spec *spec)
{
	bool set = false;

	(void)json_bool(json_get(json_get(spec->document, "process"),
				 "noNewPrivileges"),
			&set);
	return set;
}

size_t spec_mount_count(const struct spec *spec)
{
	return json_count(json_get(spec->document, "mounts"));
}

/* The last of contradicting options counts, as for mount(8). */
void spec_mount_at(const struct spec *spec, size_t index,
		   struct spec_mount *ret)
{
	const struct json *mount =
		json_at(json_get(spec->document, "mounts"), index);
	const struct json *options = json_get(mount, "options");
	static const char upper[] = "upperdir=";
	const char *option;

	*ret = (struct spec_mount){
		.destination = spec_text(mount, "destination"),
		.type = spec_text(mount, "type"),
		.source = spec_text(mount, "source"),
	};
	ret->bind = ret->type && strcmp(ret->type, "bind") == 0;
	/* crun binds the mounts below as well if only the type says "bind". */
	ret->recursive = ret->bind;
	for (size_t i = 0; i < json_count(options); i++) {
		if (!json_string(json_at(options, i), &option))
			continue;
		if (strncmp(option, upper, strlen(upper)) == 0)
			ret->upper = option + strlen(upper);
		if (strcmp(option, "bind") == 0 || strcmp(option, "rbind") == 0)
			ret->bind = true;
		if (strcmp(option, "bind") == 0)
			ret->recursive = false;
		if (strcmp(option, "rbind") == 0)
			ret->recursive = true;
		if (strcmp(option, "rro") == 0)
			ret->read_only_below = true;
		if (strcmp(option, "rrw") == 0)
			ret->read_only_below = false;
		if (strcmp(option, "ro") == 0 || strcmp(option, "rro") == 0)
			ret->read_only = true;
		if (strcmp(option, "rw") == 0 || strcmp(option, "rrw") == 0)
			ret->read_only = false;
	}
}

static int append_hook(struct json *document, const char *stage,
		       const char *path, const char *const *args)
{
	struct json *hooks =
		args ? spec_member(document, "hooks", JSON_OBJECT) : NULL;
	struct json *list =
		hooks ? spec_member(hooks, stage, JSON_ARRAY) : NULL;
	OWNED(json_owned) struct json *hook = json_new_object();
	struct json *words;

	if (!args)
		return 0;
	if (!list || !hook || json_set(hook, "path", json_new_string(path)))
		return -1;
	words = spec_member(hook, "args", JSON_ARRAY);
	if (!words)
		return -1;
	for (; *args; args++)
		if (json_append(words, json_new_string(*args)) < 0)
			return -1;
	return json_append(list, PTR_MOVE(hook));
}

int spec_refuse(struct spec *spec, const char *sentence)
{
	struct json *linux_ = spec_member(spec->document, "linux", JSON_OBJECT);
	struct json *process =
		spec_member(spec->document, "process", JSON_OBJECT);
	struct json *seccomp =
		linux_ ? spec_member(linux_, "seccomp", JSON_OBJECT) : NULL;
	struct json *args = json_new_array();

	if (!process || json_set(process, "args", args) < 0 ||
	    json_append(args, json_new_string(sentence)) < 0)
		return -1;
	return seccomp ? json_set(seccomp, "defaultAction",
				  json_new_string(sentence))
		       : -1;
}

/* crun (crun(1), EXTENSIONS) takes settings from a container's annotations,
 * which with CRI-O any pod can set: a filter in place of linux.seccomp (with
 * 1.8.1 nothing was notified), another receiver for the listener, and handlers
 * that run the workload inside the runtime or a virtual machine, with no execve
 * at all. */
static int refuse_annotations(const struct spec *spec, struct err *e)
{
	static const char *const refused[] = {
		"run.oci.seccomp_bpf_data",  "run.oci.seccomp.receiver",
		"run.oci.seccomp.plugins",   "run.oci.handler",
		"module.wasm.image/variant",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (json_get(spec_annotations(spec), refused[i]))
			return err_set(e, ENOTSUP,
				       "annotations: \"%s\" makes crun go "
				       "around the profile; take it out or "
				       "use the plain runtime",
				       refused[i]);
	return 0;
}

int spec_protect(struct spec *spec, const struct spec_protection *protection,
		 struct err *e)
{
	struct json *linux_, *seccomp;

	/* The runtimes don't use the path if no rule notifies. */
	if (spec_has_listener(spec) && spec_has_notify(spec))
		return err_set(e, 0,
			       "linux.seccomp.listenerPath is set, and a "
			       "container can have one listener only; turn "
			       "runmoor off for it with the annotation "
			       "io.runmoor.mode=off (annotations_may_weaken "
			       "must list mode), or use the plain runtime");
	if (refuse_annotations(spec, e) < 0)
		return -1;
	linux_ = spec_member(spec->document, "linux", JSON_OBJECT);
	seccomp = linux_ ? spec_member(linux_, "seccomp", JSON_OBJECT) : NULL;
	if (!seccomp)
		return err_set(e, ENOMEM, "rewrite config.json");
	if (spec_gate(seccomp, protection, e) < 0)
		return -1;
	if (json_set(seccomp, "listenerPath",
		     json_new_string(protection->listener_path)) < 0 ||
	    append_hook(spec->document, "createRuntime", protection->hook,
			protection->create_runtime_args) < 0 ||
	    append_hook(spec->document, "poststop", protection->hook,
			protection->poststop_args) < 0)
		return err_set(e, ENOMEM, "rewrite config.json");
	return 0;
}
