#include "config_internal.h"
#include "glob.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_MAX = 256, NAME_MAX_SHOWN = 64 };

static const struct {
	const char *name;
	size_t field; /* in struct workload */
} match_keys[] = {
	{"image", offsetof(struct workload, image)},
	{"namespace", offsetof(struct workload, namespace)},
	{"pod", offsetof(struct workload, pod)},
	{"container", offsetof(struct workload, container)},
	{"runtime", offsetof(struct workload, runtime)},
};

static const char annotations_key[] = "annotations";

void config_policies_free(struct policy *policies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(policies[i].name);
		json_free(policies[i].match);
		json_free(policies[i].keys);
	}
	free(policies);
}

/* The place of a member for messages; it may be cut. */
static void join(char ret[PLACE_MAX], const char *place, const char *name)
{
	static const char cut[] = "...";

	if (snprintf(ret, PLACE_MAX, "%s%s%s", place, *place ? "." : "",
		     name) >= PLACE_MAX)
		memcpy(ret + PLACE_MAX - sizeof(cut), cut, sizeof(cut));
}

static int check_object(const struct json *value, const char *place,
			const char *empty, struct err *e)
{
	if (json_type(value) != JSON_OBJECT)
		return err_set(e, 0, "%s: must be an object, not %s", place,
			       json_type_name(json_type(value)));
	if (!json_count(value))
		return err_set(e, 0, "%s: %s", place, empty);
	return 0;
}

static int check_glob(const struct json *value, const char *place,
		      struct err *e)
{
	const char *text = config_read_text(value, place, e);

	return text ? glob_check(text, place, e) : -1;
}

static int check_annotations(const struct json *object, const char *place,
			     struct err *e)
{
	char inner[PLACE_MAX];

	if (check_object(object, place, "is empty: leave it out", e) < 0)
		return -1;
	for (size_t i = 0; i < json_count(object); i++) {
		const char *name = json_key_at(object, i);

		join(inner, place, name);
		if (config_check_single(object, name, inner, e) < 0 ||
		    check_glob(json_at(object, i), inner, e) < 0)
			return -1;
	}
	return 0;
}

/* False if "match" can't have such a key. */
static bool find_name(const struct workload *workload, const char *key,
		      const char **ret_name)
{
	for (size_t i = 0; i < ARRAY_LEN(match_keys); i++) {
		if (strcmp(match_keys[i].name, key) != 0)
			continue;
		memcpy(ret_name, (const char *)workload + match_keys[i].field,
		       sizeof(*ret_name));
		return true;
	}
	return false;
}

static int check_match(const struct json *match, const char *place,
		       struct err *e)
{
	const struct workload nobody = {0};
	const char *unused;
	char inner[PLACE_MAX];

	if (check_object(match, place,
			 "is empty and would match every container: set its "
			 "keys in the configuration itself",
			 e) < 0)
		return -1;
	for (size_t i = 0; i < json_count(match); i++) {
		const char *name = json_key_at(match, i);
		const struct json *value = json_at(match, i);
		int status;

		join(inner, place, name);
		if (config_check_single(match, name, inner, e) < 0)
			return -1;
		if (strcmp(name, annotations_key) == 0)
			status = check_annotations(value, inner, e);
		else if (find_name(&nobody, name, &unused))
			status = check_glob(value, inner, e);
		else
			status = err_set(e, 0,
					 "%s: unknown key; a match has image, "
					 "namespace, pod, container, runtime, "
					 "annotations",
					 inner);
		if (status < 0)
			return -1;
	}
	return 0;
}

static void config_owned(struct config *config)
{
	config_clear(config);
}

/* The same parser reads the keys again when the policy is chosen. */
static int check_keys(const struct json *keys, const char *place, struct err *e)
{
	OWNED(config_owned) struct config scratch = {0};
	struct err inner = {0};

	if (config_merge_layer(&scratch, keys, ORIGIN_POLICY, &inner) == 0)
		return 0;
	return err_set(e, 0, "%s%s%s", place, *place ? "." : "", inner.text);
}

/* place: "policies[1]", or "" for a policy that is a document. */
static int read_policy(const struct json *value, const char *place,
		       struct policy *ret, struct err *e)
{
	char inner[PLACE_MAX];

	join(inner, place, "match");
	if (json_type(value) != JSON_OBJECT)
		return err_set(e, 0, "%s: must be an object, not %s",
			       *place ? place : "a policy",
			       json_type_name(json_type(value)));
	if (!json_get(value, "match"))
		return err_set(e, 0,
			       "%s: is missing: a policy says what it is for",
			       inner);
	if (config_check_single(value, "match", inner, e) < 0 ||
	    check_match(json_get(value, "match"), inner, e) < 0)
		return -1;
	ret->match = json_clone(json_get(value, "match"));
	ret->keys = json_clone(value);
	if (!ret->match || !ret->keys)
		return err_set(e, ENOMEM, "configuration");
	for (size_t i = json_count(ret->keys); i-- > 0;)
		if (strcmp(json_key_at(ret->keys, i), "match") == 0)
			json_remove_at(ret->keys, i);
	return check_keys(ret->keys, place, e);
}

/* Append all or none of value, which is one policy or an array of them, to the
 * policies of config. before: the beginning of a place, as "policies", and a
 * name. */
static int append(struct config *config, const struct json *value,
		  const char *before, const char *file, struct err *e)
{
	bool alone = json_type(value) != JSON_ARRAY;
	size_t count = alone ? 1 : json_count(value);
	size_t old = config->policy_count;
	struct policy *policies = calloc(old + count + 1, sizeof(*policies));
	char place[NAME_MAX_SHOWN] = "";

	if (!policies)
		return err_set(e, ENOMEM, "configuration");
	for (size_t i = 0; i < count; i++) {
		struct policy *policy = &policies[old + i];

		if (!alone)
			(void)snprintf(place, sizeof(place), "%s[%zu]", before,
				       i);
		policy->name = text_format("%s%s%s", file,
					   *file && !alone ? ": " : "", place);
		if (!policy->name)
			(void)err_set(e, ENOMEM, "configuration");
		if (policy->name &&
		    read_policy(alone ? value : json_at(value, i), place,
				policy, e) == 0)
			continue;
		config_policies_free(policies, old + i + 1);
		return -1;
	}
	if (old)
		memcpy(policies, config->policies, old * sizeof(*policies));
	free(config->policies);
	config->policies = policies;
	config->policy_count = old + count;
	return 0;
}

int config_read_policies(struct config *config, const struct json *array,
			 struct err *e)
{
	if (json_type(array) != JSON_ARRAY)
		return err_set(e, 0, "policies: must be an array, not %s",
			       json_type_name(json_type(array)));
	config_policies_free(config->policies, config->policy_count);
	config->policies = NULL;
	config->policy_count = 0;
	return append(config, array, "policies", "", e);
}

int config_add_policies(struct config *config, const struct json *document,
			const char *file, struct err *e)
{
	return append(config, document, "", file, e);
}

int config_name_policies(struct config *config, const char *file, struct err *e)
{
	for (size_t i = 0; i < config->policy_count; i++) {
		char *name =
			text_format("%s: %s", file, config->policies[i].name);

		if (!name)
			return err_set(e, ENOMEM, "configuration");
		free(config->policies[i].name);
		config->policies[i].name = name;
	}
	return 0;
}

static bool fits(const struct json *glob, const char *text)
{
	const char *pattern;

	return text && json_string(glob, &pattern) &&
	       glob_matches(pattern, text);
}

static bool annotations_fit(const struct json *globs,
			    const struct json *annotations)
{
	for (size_t i = 0; i < json_count(globs); i++) {
		const struct json *value =
			json_get(annotations, json_key_at(globs, i));
		const char *text = NULL;

		if (!json_string(value, &text) ||
		    !fits(json_at(globs, i), text))
			return false;
	}
	return true;
}

static bool matches(const struct json *match, const struct workload *workload)
{
	for (size_t i = 0; i < json_count(match); i++) {
		const char *key = json_key_at(match, i);
		const struct json *value = json_at(match, i);
		const char *name = NULL;

		if (find_name(workload, key, &name)
			    ? !fits(value, name)
			    : !annotations_fit(value, workload->annotations))
			return false;
	}
	return true;
}

/* Exceptions add up: those of config stay, and the policy's follow. */
static int lay(struct config *config, const struct policy *policy,
	       struct err *e)
{
	struct allow_rule *base = PTR_MOVE(config->allow);
	size_t count = config->allow_count;
	struct allow_rule *all;
	int status;

	config->allow_count = 0;
	status = config_merge_layer(config, policy->keys, ORIGIN_POLICY, e);
	all = calloc(count + config->allow_count + 1, sizeof(*all));
	if (!all) {
		config_allow_free(base, count);
		return err_set(e, ENOMEM, "configuration");
	}
	if (count)
		memcpy(all, base, count * sizeof(*all));
	if (config->allow_count)
		memcpy(all + count, config->allow,
		       config->allow_count * sizeof(*all));
	free(base);
	free(config->allow);
	config->allow = all;
	config->allow_base = count;
	config->allow_count += count;
	return status;
}

int config_choose(struct config *config, const struct workload *workload,
		  struct err *e)
{
	struct policy *policies = PTR_MOVE(config->policies);
	size_t count = config->policy_count;
	int status = 0;

	config->policy_count = 0;
	config->allow_base = config->allow_count;
	for (size_t i = 0; i < count; i++) {
		if (!matches(policies[i].match, workload))
			continue;
		free(config->policy);
		config->policy = PTR_MOVE(policies[i].name);
		status = lay(config, &policies[i], e);
		if (status < 0)
			(void)err_wrap(e, "%s", config->policy);
		break;
	}
	config_policies_free(policies, count);
	return status;
}
