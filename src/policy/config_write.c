#include "config_internal.h"

#include <string.h>

static struct json *write_rule(const struct allow_rule *rule)
{
	OWNED(json_owned) struct json *object = json_new_object();

	for (size_t i = 0; i < config_allow_field_count; i++) {
		const struct config_allow_field *field =
			&config_allow_fields[i];
		const char *text = *(const char *const *)((const char *)rule +
							  field->field);

		if (text &&
		    json_set(object, field->name, json_new_string(text)) < 0)
			return NULL;
	}
	return PTR_MOVE(object);
}

static struct json *write_allow(const struct config *config)
{
	OWNED(json_owned) struct json *array = json_new_array();

	for (size_t i = 0; i < config->allow_count; i++) {
		if (json_append(array, write_rule(&config->allow[i])) < 0)
			return NULL;
	}
	return PTR_MOVE(array);
}

static struct json *write_list(char *const *list, size_t count)
{
	OWNED(json_owned) struct json *array = json_new_array();

	for (size_t i = 0; i < count; i++) {
		if (json_append(array, json_new_string(list[i])) < 0)
			return NULL;
	}
	return PTR_MOVE(array);
}

static struct json *write_key(const struct config_key *key,
			      const struct config *config)
{
	const void *field = (const char *)config + key->field;

	switch (key->kind) {
	case KEY_WORD:
		return json_new_string(
			key->words[config_key_get_word(key, config)]);
	case KEY_FLAG:
		return json_new_bool(*(const bool *)field);
	case KEY_SIZE:
	case KEY_NUMBER:
		return json_new_uint(*(const uint64_t *)field);
	case KEY_PATH:
	case KEY_RUNTIME:
		return json_new_string(*(const char *const *)field);
	case KEY_ALLOW:
		return write_allow(config);
	case KEY_WEAKEN:
		return write_list(config->may_weaken, config->may_weaken_count);
	case KEY_GLOBS:
		return write_list(config->also, config->also_count);
	case KEY_POLICIES:
		break;
	}
	return NULL;
}

/* Put take_value under "name", or under "section.name", at any depth. */
static int put(struct json *document, const char *path, struct json *take_value)
{
	OWNED(json_owned) struct json *value = take_value;
	OWNED(free_owned) char *words = strdup(path);
	struct json *object = document;
	char *name = words;
	char *dot;

	if (!words)
		return -1;
	while ((dot = strchr(name, '.'))) {
		*dot = '\0';
		if (!json_get(object, name) &&
		    json_set(object, name, json_new_object()) < 0)
			return -1;
		object = json_get(object, name);
		name = dot + 1;
	}
	return json_set(object, name, PTR_MOVE(value));
}

struct json *config_to_json(const struct config *config)
{
	OWNED(json_owned) struct json *document = json_new_object();

	if (!document)
		return NULL;
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		/* A policy is merged once the workload is known. */
		if (key->kind == KEY_POLICIES ||
		    (key->kind == KEY_RUNTIME && !config->runtime))
			continue;
		if (put(document, key->path, write_key(key, config)) < 0)
			return NULL;
	}
	return PTR_MOVE(document);
}
