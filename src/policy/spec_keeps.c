#include "spec_internal.h"

#include <string.h>

/* The text of a value; absent, null and "" are the same. */
static bool same_text(const struct json *a, const struct json *b,
		      const char *key)
{
	const char *left = spec_text(a, key);
	const char *right = spec_text(b, key);

	return (!left && !right) || (left && right && strcmp(left, right) == 0);
}

static bool same_list(const struct json *a, const struct json *b,
		      const char *key)
{
	const struct json *left = json_get(a, key);
	const struct json *right = json_get(b, key);

	return (!json_count(left) && !json_count(right)) ||
	       json_equal(left, right);
}

/* errnoRet only sets the errno of a refusal, so it isn't compared. */
static bool same_rule(const struct json *a, const struct json *b)
{
	return same_text(a, b, "action") && same_list(a, b, "names") &&
	       json_count(json_get(a, "args")) ==
		       json_count(json_get(b, "args"));
}

bool spec_keeps_gate(const struct spec *spec, const struct spec *rewritten)
{
	const struct json *ours =
		json_get(json_get(spec->document, "linux"), "seccomp");
	const struct json *theirs =
		json_get(json_get(rewritten->document, "linux"), "seccomp");
	const struct json *rules = json_get(ours, "syscalls");
	const struct json *other = json_get(theirs, "syscalls");

	if (!same_text(ours, theirs, "listenerPath") ||
	    !same_text(ours, theirs, "defaultAction") ||
	    !same_list(ours, theirs, "architectures") ||
	    json_count(rules) != json_count(other))
		return false;
	for (size_t i = 0; i < json_count(rules); i++)
		if (!same_rule(json_at(rules, i), json_at(other, i)))
			return false;
	return true;
}
