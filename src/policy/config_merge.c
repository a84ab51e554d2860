#include "config_internal.h"
#include "glob.h"
#include "sha256.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Sizes for places in messages: longer than any key path, and than
 * "key[count]". */
enum { PLACE_MAX = 256, ELEMENT_MAX = 64 };

const char *config_read_text(const struct json *value, const char *place,
			     struct err *e)
{
	const char *text = NULL;

	if (json_type(value) != JSON_STRING)
		(void)err_set(e, 0, "%s: must be a string, not %s", place,
			      json_type_name(json_type(value)));
	else if (!json_string(value, &text))
		(void)err_set(e, 0, "%s: must not contain \\u0000", place);
	return text;
}

static int read_array(const struct json *value, const char *place,
		      struct err *e)
{
	if (json_type(value) != JSON_ARRAY)
		return err_set(e, 0, "%s: must be an array, not %s", place,
			       json_type_name(json_type(value)));
	return 0;
}

int config_check_single(const struct json *object, const char *key,
			const char *place, struct err *e)
{
	if (json_count_like(object, key) > 1)
		return err_set(e, 0, "%s: comes more than once", place);
	return 0;
}

static int replace_text(char **field, const char *text, struct err *e)
{
	char *copy = strdup(text);

	if (!copy)
		return err_set(e, ENOMEM, "configuration");
	free(*field);
	*field = copy;
	return 0;
}

int config_key_parse_word(const struct config_key *key, const char *text,
			  const char *place, unsigned *ret, struct err *e)
{
	char words[128] = "";
	size_t len = 0;

	for (unsigned i = 0; key->words[i]; i++) {
		if (strcmp(key->words[i], text) != 0) {
			len += (size_t)snprintf(words + len,
						sizeof(words) - len, "%s%s",
						i ? ", " : "", key->words[i]);
			continue;
		}
		*ret = i;
		return 0;
	}
	return err_set(e, 0, "%s: must be one of %s, not \"%s\"", place, words,
		       text);
}

static int merge_word(const struct config_key *key, struct config *config,
		      const struct json *value, struct err *e)
{
	const char *text = config_read_text(value, key->path, e);
	unsigned word = 0;

	if (!text || config_key_parse_word(key, text, key->path, &word, e) < 0)
		return -1;
	config_key_set_word(key, config, word);
	return 0;
}

static int merge_flag(const struct config_key *key, void *field,
		      const struct json *value, struct err *e)
{
	bool truth;

	if (!json_bool(value, &truth))
		return err_set(e, 0, "%s: must be true or false, not %s",
			       key->path, json_type_name(json_type(value)));
	if (truth && key->unavailable)
		return err_set(e, 0,
			       "%s: true is not available in this version",
			       key->path);
	*(bool *)field = truth;
	return 0;
}

static int merge_path(const struct config_key *key, void *field,
		      const struct json *value, struct err *e)
{
	const char *text = config_read_text(value, key->path, e);

	if (!text)
		return -1;
	if (*text == '/')
		return replace_text(field, text, e);
	if (key->kind == KEY_PATH)
		return err_set(e, 0, "%s: must be an absolute path, not \"%s\"",
			       key->path, text);
	if (!*text || strchr(text, '/'))
		return err_set(e, 0,
			       "%s: must be a program's name or its absolute "
			       "path, not \"%s\"",
			       key->path, text);
	return replace_text(field, text, e);
}

static const struct config_allow_field *find_allow_field(const char *name)
{
	for (size_t i = 0; i < config_allow_field_count; i++) {
		if (strcmp(config_allow_fields[i].name, name) == 0)
			return &config_allow_fields[i];
	}
	return NULL;
}

static int read_allow_field(struct allow_rule *rule, const char *name,
			    const struct json *value, const char *place,
			    struct err *e)
{
	const struct config_allow_field *field = find_allow_field(name);
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	const char *text;

	if (!field)
		return err_set(e, 0,
			       "%s: unknown key; an exception has path, "
			       "sha256, process, mount",
			       place);
	text = config_read_text(value, place, e);
	if (!text)
		return -1;
	if (!field->digest && *text != '/')
		return err_set(e, 0,
			       "%s: must begin with /, as what it is compared "
			       "with does, not \"%s\"",
			       place, text);
	if (!field->digest && glob_check(text, place, e) < 0)
		return -1;
	if (field->digest && !sha256_from_hex(text, digest))
		return err_set(e, 0,
			       "%s: must be 64 hexadecimal digits, not \"%s\"",
			       place, text);
	if (field->digest) {
		sha256_hex(digest, hex);
		text = hex;
	}
	return replace_text((char **)((char *)rule + field->field), text, e);
}

static int read_allow_rule(struct allow_rule *rule, const struct json *object,
			   const char *place, struct err *e)
{
	char inner[PLACE_MAX];

	if (json_type(object) != JSON_OBJECT)
		return err_set(e, 0, "%s: must be an object, not %s", place,
			       json_type_name(json_type(object)));
	if (!json_count(object))
		return err_set(e, 0, "%s: is empty and would allow everything",
			       place);
	for (size_t i = 0; i < json_count(object); i++) {
		const char *name = json_key_at(object, i);

		(void)snprintf(inner, sizeof(inner), "%s.%s", place, name);
		if (config_check_single(object, name, inner, e) < 0 ||
		    read_allow_field(rule, name, json_at(object, i), inner, e) <
			    0)
			return -1;
	}
	return 0;
}

static int merge_allow(const struct config_key *key, struct config *config,
		       const struct json *array, struct err *e)
{
	size_t count = json_count(array);
	struct allow_rule *rules;
	char place[ELEMENT_MAX];
	int status = 0;

	if (read_array(array, key->path, e) < 0)
		return -1;
	rules = calloc(count ? count : 1, sizeof(*rules));
	if (!rules)
		return err_set(e, ENOMEM, "configuration");
	for (size_t i = 0; i < count && status == 0; i++) {
		(void)snprintf(place, sizeof(place), "%s[%zu]", key->path, i);
		status =
			read_allow_rule(&rules[i], json_at(array, i), place, e);
	}
	if (status < 0) {
		config_allow_free(rules, count);
		return -1;
	}
	config_allow_free(config->allow, config->allow_count);
	config->allow = rules;
	config->allow_count = count;
	return 0;
}

static int read_policy_key(char **ret, const struct json *value,
			   const char *place, struct err *e)
{
	const struct config_key *key;
	const char *text;

	text = config_read_text(value, place, e);
	if (!text)
		return -1;
	key = config_key_find(text);
	if (!key || key->scope != SCOPE_CONTAINER)
		return err_set(e, 0,
			       "%s: \"%s\" is no key that an annotation can "
			       "set",
			       place, text);
	return replace_text(ret, text, e);
}

static int read_glob(char **ret, const struct json *value, const char *place,
		     struct err *e)
{
	const char *text = config_read_text(value, place, e);

	if (!text)
		return -1;
	if (*text != '/')
		return err_set(e, 0, "%s: must begin with /", place);
	if (glob_check(text, place, e) < 0)
		return -1;
	return replace_text(ret, text, e);
}

/* Merge either kind of list; it replaces the previous one. */
static int merge_list(const struct config_key *key, char ***list, size_t *count,
		      const struct json *array, struct err *e)
{
	size_t length = json_count(array);
	char place[ELEMENT_MAX];
	int status = 0;
	char **new;

	if (read_array(array, key->path, e) < 0)
		return -1;
	new = calloc(length ? length : 1, sizeof(*new));
	if (!new)
		return err_set(e, ENOMEM, "configuration");
	for (size_t i = 0; i < length && status == 0; i++) {
		const struct json *value = json_at(array, i);

		(void)snprintf(place, sizeof(place), "%s[%zu]", key->path, i);
		status = key->kind == KEY_GLOBS
				 ? read_glob(&new[i], value, place, e)
				 : read_policy_key(&new[i], value, place, e);
	}
	if (status < 0) {
		config_list_free(new, length);
		return -1;
	}
	config_list_free(*list, *count);
	*list = new;
	*count = length;
	return 0;
}

static int merge_number(const struct config_key *key, void *field,
			const struct json *value, struct err *e)
{
	if (json_uint(value, field))
		return 0;
	return err_set(e, 0, "%s: must be a whole number%s, 0 or more",
		       key->path, key->kind == KEY_SIZE ? " of bytes" : "");
}

static int merge_value(const struct config_key *key, struct config *config,
		       const struct json *value, struct err *e)
{
	void *field = (char *)config + key->field;

	switch (key->kind) {
	case KEY_WORD:
		return merge_word(key, config, value, e);
	case KEY_FLAG:
		return merge_flag(key, field, value, e);
	case KEY_SIZE:
	case KEY_NUMBER:
		return merge_number(key, field, value, e);
	case KEY_PATH:
	case KEY_RUNTIME:
		return merge_path(key, field, value, e);
	case KEY_ALLOW:
		return merge_allow(key, config, value, e);
	case KEY_WEAKEN:
		return merge_list(key, &config->may_weaken,
				  &config->may_weaken_count, value, e);
	case KEY_GLOBS:
		return merge_list(key, &config->also, &config->also_count,
				  value, e);
	case KEY_POLICIES:
		return config_read_policies(config, value, e);
	}
	return err_set(e, 0, "%s: unknown key", key->path);
}

static int merge_key(const struct config_key *key, struct config *config,
		     const struct json *value, struct err *e)
{
	if (config->layer == ORIGIN_POLICY && key->scope == SCOPE_HOST)
		return err_set(e, 0,
			       "%s: is the host's, not a workload's: it can be "
			       "set in the configuration file only",
			       key->path);
	if (merge_value(key, config, value, e) < 0)
		return -1;
	config->origins[key - config_keys] = (uint8_t)config->layer;
	return 0;
}

/* "volumes" is a section, for there is a key "volumes.writable"; and
 * "volumes.limit" one within it. */
static bool is_section(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < config_key_count; i++) {
		if (strncmp(config_keys[i].path, name, len) == 0 &&
		    config_keys[i].path[len] == '.')
			return true;
	}
	return false;
}

static int merge_object(struct config *config, const struct json *object,
			const char *section, struct err *e)
{
	char place[PLACE_MAX];

	if (json_type(object) != JSON_OBJECT)
		return err_set(e, 0, "%s: must be an object, not %s",
			       section ? section : "the configuration",
			       json_type_name(json_type(object)));
	for (size_t i = 0; i < json_count(object); i++) {
		const struct json *value = json_at(object, i);
		const char *name = json_key_at(object, i);
		const struct config_key *key;
		int status;

		(void)snprintf(place, sizeof(place), "%s%s%s",
			       section ? section : "", section ? "." : "",
			       name);
		key = strchr(name, '.') ? NULL : config_key_find(place);
		if (config_check_single(object, name, place, e) < 0)
			return -1;
		if (key)
			status = merge_key(key, config, value, e);
		else if (!strchr(name, '.') && is_section(place))
			status = merge_object(config, value, place, e);
		else
			status = err_set(e, 0, "%s: unknown key", place);
		if (status < 0)
			return -1;
	}
	return 0;
}

int config_merge_layer(struct config *config, const struct json *document,
		       enum config_origin origin, struct err *e)
{
	config->layer = origin;
	return merge_object(config, document, NULL, e);
}

int config_merge(struct config *config, const struct json *document,
		 struct err *e)
{
	return config_merge_layer(config, document, ORIGIN_FILE, e);
}
