#include "config_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char prefix[] = "io.runmoor.";

static bool loosens(const struct config_key *key, unsigned from, unsigned to)
{
	return key->last_is_tightest ? to < from : to > from;
}

static bool may_weaken(const struct config *config,
		       const struct config_key *key)
{
	for (size_t i = 0; i < config->may_weaken_count; i++) {
		if (strcmp(config->may_weaken[i], key->path) == 0)
			return true;
	}
	return false;
}

static int apply(struct config *config, const struct config_key *key,
		 const char *text, const char *place, struct err *e)
{
	unsigned now = config_key_get_word(key, config);
	unsigned word = now;

	if (config_key_parse_word(key, text, place, &word, e) < 0)
		return -1;
	if (loosens(key, now, word) && !may_weaken(config, key))
		return err_set(e, 0,
			       "%s: %s is weaker than the configured %s, and "
			       "annotations_may_weaken does not list %s",
			       place, text, key->words[now], key->path);
	config_key_set_word(key, config, word);
	config->origins[key - config_keys] = ORIGIN_ANNOTATION;
	return 0;
}

static int read_annotation(struct config *config,
			   const struct json *annotations, size_t index,
			   struct err *e)
{
	const char *name = json_key_at(annotations, index);
	const struct json *value = json_at(annotations, index);
	const struct config_key *key;
	const char *text;
	char place[256];

	(void)snprintf(place, sizeof(place), "annotation %s", name);
	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return err_set(e, 0, "%s: must begin with %s", place, prefix);
	if (json_count_like(annotations, name) > 1)
		return err_set(e, 0, "%s: comes more than once", place);
	key = config_key_find(name + strlen(prefix));
	if (!key)
		return err_set(e, 0, "%s: unknown key", place);
	if (key->scope != SCOPE_CONTAINER)
		return err_set(
			e, 0, "%s: %s is set in the configuration file%s only",
			place, key->path,
			key->scope == SCOPE_WORKLOAD ? " or a policy" : "");
	text = config_read_text(value, place, e);
	if (!text)
		return -1;
	return apply(config, key, text, place, e);
}

int config_annotate(struct config *config, const struct json *annotations,
		    struct err *e)
{
	if (annotations && json_type(annotations) != JSON_OBJECT)
		return err_set(e, 0, "annotations: must be an object, not %s",
			       json_type_name(json_type(annotations)));
	for (size_t i = 0; i < json_count(annotations); i++) {
		const char *name = json_key_at(annotations, i);

		/* Io.Runmoor.Mode belongs to no other program: it is
		 * misspelt. */
		if (strncasecmp(name, prefix, strlen(prefix)) != 0)
			continue;
		if (read_annotation(config, annotations, i, e) < 0)
			return -1;
	}
	return 0;
}
