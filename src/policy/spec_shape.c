#include "spec_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A member that runmoor relies on. An array's elements share the one shape
 * of inner; a map is an object of strings whose keys are free. */
struct shape {
	const char *key;
	const struct shape *inner; /* ends with a NULL key; may be NULL */
	enum json_type type;
	bool map;
};

static const struct shape string[] = {{.key = "", .type = JSON_STRING}, {0}};
static const struct shape object[] = {{.key = "", .type = JSON_OBJECT}, {0}};

static const struct shape root_members[] = {
	{.key = "path", .type = JSON_STRING},
	{.key = "readonly", .type = JSON_BOOL},
	{0},
};

static const struct shape capability_members[] = {
	{.key = "bounding", .type = JSON_ARRAY, .inner = string},
	{.key = "effective", .type = JSON_ARRAY, .inner = string},
	{.key = "inheritable", .type = JSON_ARRAY, .inner = string},
	{.key = "permitted", .type = JSON_ARRAY, .inner = string},
	{.key = "ambient", .type = JSON_ARRAY, .inner = string},
	{0},
};

static const struct shape process_members[] = {
	{.key = "capabilities",
	 .type = JSON_OBJECT,
	 .inner = capability_members},
	{.key = "noNewPrivileges", .type = JSON_BOOL},
	{0},
};

static const struct shape mount_members[] = {
	{.key = "destination", .type = JSON_STRING},
	{.key = "type", .type = JSON_STRING},
	{.key = "source", .type = JSON_STRING},
	{.key = "options", .type = JSON_ARRAY, .inner = string},
	{0},
};

static const struct shape mount[] = {
	{.key = "", .type = JSON_OBJECT, .inner = mount_members},
	{0},
};

static const struct shape hooks_members[] = {
	{.key = "createRuntime", .type = JSON_ARRAY, .inner = object},
	{.key = "poststop", .type = JSON_ARRAY, .inner = object},
	{0},
};

/* The members of a node in linux.devices and of a rule in
 * linux.resources.devices. */
static const struct shape device_members[] = {
	{.key = "path", .type = JSON_STRING},
	{.key = "allow", .type = JSON_BOOL},
	{.key = "type", .type = JSON_STRING},
	{.key = "major", .type = JSON_NUMBER},
	{.key = "minor", .type = JSON_NUMBER},
	{.key = "access", .type = JSON_STRING},
	{0},
};

static const struct shape device[] = {
	{.key = "", .type = JSON_OBJECT, .inner = device_members},
	{0},
};

static const struct shape resources_members[] = {
	{.key = "devices", .type = JSON_ARRAY, .inner = device},
	{0},
};

static const struct shape arg_members[] = {
	{.key = "index", .type = JSON_NUMBER},
	{.key = "value", .type = JSON_NUMBER},
	{.key = "valueTwo", .type = JSON_NUMBER},
	{.key = "op", .type = JSON_STRING},
	{0},
};

static const struct shape arg[] = {
	{.key = "", .type = JSON_OBJECT, .inner = arg_members},
	{0},
};

static const struct shape syscall_members[] = {
	{.key = "names", .type = JSON_ARRAY, .inner = string},
	{.key = "action", .type = JSON_STRING},
	{.key = "errnoRet", .type = JSON_NUMBER},
	{.key = "args", .type = JSON_ARRAY, .inner = arg},
	{0},
};

static const struct shape syscall_rule[] = {
	{.key = "", .type = JSON_OBJECT, .inner = syscall_members},
	{0},
};

static const struct shape seccomp_members[] = {
	{.key = "defaultAction", .type = JSON_STRING},
	{.key = "defaultErrnoRet", .type = JSON_NUMBER},
	{.key = "architectures", .type = JSON_ARRAY, .inner = string},
	{.key = "flags", .type = JSON_ARRAY, .inner = string},
	{.key = "listenerPath", .type = JSON_STRING},
	{.key = "listenerMetadata", .type = JSON_STRING},
	{.key = "syscalls", .type = JSON_ARRAY, .inner = syscall_rule},
	{0},
};

static const struct shape linux_members[] = {
	{.key = "seccomp", .type = JSON_OBJECT, .inner = seccomp_members},
	{.key = "devices", .type = JSON_ARRAY, .inner = device},
	{.key = "resources", .type = JSON_OBJECT, .inner = resources_members},
	{0},
};

static const struct shape document_members[] = {
	{.key = "root", .type = JSON_OBJECT, .inner = root_members},
	{.key = "process", .type = JSON_OBJECT, .inner = process_members},
	{.key = "mounts", .type = JSON_ARRAY, .inner = mount},
	{.key = "annotations", .type = JSON_OBJECT, .map = true},
	{.key = "hooks", .type = JSON_OBJECT, .inner = hooks_members},
	{.key = "linux", .type = JSON_OBJECT, .inner = linux_members},
	{0},
};

/* The walk's place in the document, for messages. */
struct place {
	char text[256];
	size_t len;
};

static struct place enter(const struct place *at, const char *step)
{
	struct place in = *at;
	bool dot = in.len > 0 && *step != '[';
	int n = snprintf(in.text + in.len, sizeof(in.text) - in.len, "%s%s",
			 dot ? "." : "", step);

	if (n > 0)
		in.len += (size_t)n;
	if (in.len >= sizeof(in.text))
		in.len = sizeof(in.text) - 1;
	return in;
}

static struct place enter_index(const struct place *at, size_t index)
{
	char step[32];

	(void)snprintf(step, sizeof(step), "[%zu]", index);
	return enter(at, step);
}

/* Keys of a map are the user's own and their case matters. Only policy keys are
 * checked for duplicates: Go would take the last one. */
static int check_map(const struct json *map, const struct place *at,
		     struct err *e)
{
	static const char ours[] = "io.runmoor.";

	for (size_t i = 0; i < json_count(map); i++) {
		const char *key = json_key_at(map, i), *text;
		const struct json *value = json_at(map, i);

		if (json_type(value) != JSON_STRING &&
		    json_type(value) != JSON_NULL)
			return err_set(e, 0, "%s: \"%s\" must be a string",
				       at->text, key);
		if (strncmp(key, ours, strlen(ours)) != 0)
			continue;
		if (json_get(map, key) != value)
			return err_set(e, 0, "%s: \"%s\" comes twice", at->text,
				       key);
		if (!json_string(value, &text))
			return err_set(e, 0, "%s: \"%s\" must be text",
				       at->text, key);
	}
	return 0;
}

static int check_members(const struct json *value, const struct shape *members,
			 const struct place *at, struct err *e);

static int check_value(const struct json *value, const struct shape *shape,
		       const struct place *at, struct err *e)
{
	const char *text;

	if (json_type(value) == JSON_NULL)
		return 0;
	if (json_type(value) != shape->type)
		return err_set(e, 0, "%s: must be %s, not %s", at->text,
			       json_type_name(shape->type),
			       json_type_name(json_type(value)));
	/* C and Go read a string with an embedded NUL differently. */
	if (shape->type == JSON_STRING && !json_string(value, &text))
		return err_set(e, 0, "%s: contains a NUL", at->text);
	if (shape->map)
		return check_map(value, at, e);
	if (shape->type == JSON_OBJECT && shape->inner)
		return check_members(value, shape->inner, at, e);
	if (shape->type != JSON_ARRAY)
		return 0;
	for (size_t i = 0; i < json_count(value); i++) {
		struct place in = enter_index(at, i);

		if (check_value(json_at(value, i), shape->inner, &in, e) < 0)
			return -1;
	}
	return 0;
}

static int check_members(const struct json *value, const struct shape *members,
			 const struct place *at, struct err *e)
{
	for (; members->key; members++) {
		const struct json *member = json_get(value, members->key);
		size_t count = json_count_like(value, members->key);
		struct place in = enter(at, members->key);

		if (count > 1)
			return err_set(e, 0,
				       "%s: comes %zu times (upper and lower "
				       "case count as one), where programs "
				       "differ on which they read",
				       in.text, count);
		if (count == 1 && !member)
			return err_set(e, 0,
				       "%s: is spelled in another case, which "
				       "only some programs read",
				       in.text);
		if (check_value(member, members, &in, e) < 0)
			return -1;
	}
	return 0;
}

int spec_check(const struct json *document, struct err *e)
{
	struct place at = {.len = 0};

	if (json_type(document) != JSON_OBJECT)
		return err_set(e, 0, "must be an object, not %s",
			       json_type_name(json_type(document)));
	return check_members(document, document_members, &at, e);
}
