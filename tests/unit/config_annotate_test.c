#include "config.h"

#include "test.h"

#include <string.h>

static const struct config_home root_home = {.home = "/root"};

static void config_owned(struct config *config)
{
	config_clear(config);
}

static int merge(struct config *config, const char *text, struct err *e)
{
	OWNED(json_owned) struct json *document = NULL;

	if (json_parse(text, strlen(text), &document, e) < 0)
		abort();
	return config_merge(config, document, e);
}

static int annotate(struct config *config, const char *text, struct err *e)
{
	OWNED(json_owned) struct json *annotations = NULL;

	if (json_parse(text, strlen(text), &annotations, e) < 0)
		abort();
	return config_annotate(config, annotations, e);
}

static const struct {
	const char *name;
	const char *document;
	const char *annotations;
	const char *says; /* NULL: fine */
	const char *mode; /* then */
	enum match match;
	enum volume_rule writable;
} annotated[] = {
	{"annotations that are a list", "{}", "[\"io.runmoor.mode\"]",
	 "annotations: must be an object", NULL, 0, 0},
	{"a weaker mode", "{}", "{\"io.runmoor.mode\":\"audit\"}",
	 "annotation io.runmoor.mode: audit is weaker than the configured "
	 "enforce, and annotations_may_weaken does not list mode",
	 NULL, 0, 0},
	{"a weaker match", "{\"match\":\"path\"}",
	 "{\"io.runmoor.match\":\"content\"}",
	 "annotation io.runmoor.match: content is weaker", NULL, 0, 0},
	{"weaker libraries", "{}", "{\"io.runmoor.libraries\":\"off\"}",
	 "annotation io.runmoor.libraries: off is weaker", NULL, 0, 0},
	{"weaker scripts", "{}", "{\"io.runmoor.scripts\":\"off\"}",
	 "annotation io.runmoor.scripts: off is weaker", NULL, 0, 0},
	{"weaker memory", "{\"memory\":\"deny\"}",
	 "{\"io.runmoor.memory\":\"allow\"}",
	 "annotation io.runmoor.memory: allow is weaker", NULL, 0, 0},
	{"weaker sessions", "{\"exec_sessions\":\"deny\"}",
	 "{\"io.runmoor.exec_sessions\":\"audit\"}",
	 "annotation io.runmoor.exec_sessions: audit is weaker", NULL, 0, 0},
	{"weaker managed volumes", "{}",
	 "{\"io.runmoor.volumes.managed\":\"follow\"}",
	 "annotation io.runmoor.volumes.managed: follow is weaker", NULL, 0, 0},
	{"weaker volumes", "{}", "{\"io.runmoor.volumes.read_only\":\"trust\"}",
	 "annotation io.runmoor.volumes.read_only: trust is weaker", NULL, 0,
	 0},
	{"weaker tracing", "{}", "{\"io.runmoor.traced\":\"allow\"}",
	 "annotation io.runmoor.traced: allow is weaker", NULL, 0, 0},
	{"a container that runs unprotected", "{}",
	 "{\"io.runmoor.on_unprotectable\":\"run\"}",
	 "annotation io.runmoor.on_unprotectable: run is weaker", NULL, 0, 0},
	{"another key's permission to loosen",
	 "{\"annotations_may_weaken\":[\"match\"]}",
	 "{\"io.runmoor.mode\":\"off\"}",
	 "annotation io.runmoor.mode: off is weaker", NULL, 0, 0},
	{"one that is fine before one that isn't", "{}",
	 "{\"io.runmoor.match\":\"path\",\"io.runmoor.mode\":\"off\"}",
	 "annotation io.runmoor.mode: off is weaker", NULL, 0, 0},
	{"a word that isn't one", "{}", "{\"io.runmoor.mode\":\"on\"}",
	 "annotation io.runmoor.mode: must be one of enforce, audit, off, not "
	 "\"on\"",
	 NULL, 0, 0},
	{"a truth", "{}", "{\"io.runmoor.mode\":false}",
	 "annotation io.runmoor.mode: must be a string, not true or false",
	 NULL, 0, 0},
	{"a cut-off word", "{}", "{\"io.runmoor.mode\":\"off\\u0000\"}",
	 "annotation io.runmoor.mode: must not contain \\u0000", NULL, 0, 0},
	{"an unknown key", "{}", "{\"io.runmoor.moed\":\"enforce\"}",
	 "annotation io.runmoor.moed: unknown key", NULL, 0, 0},
	{"no key", "{}", "{\"io.runmoor.\":\"enforce\"}",
	 "annotation io.runmoor.: unknown key", NULL, 0, 0},
	{"a section", "{}", "{\"io.runmoor.volumes\":\"deny\"}",
	 "annotation io.runmoor.volumes: unknown key", NULL, 0, 0},
	{"the prefix in another case", "{}",
	 "{\"IO.runmoor.mode\":\"enforce\"}",
	 "annotation IO.runmoor.mode: must begin with io.runmoor.", NULL, 0, 0},
	{"the key in another case", "{}", "{\"io.runmoor.Mode\":\"enforce\"}",
	 "annotation io.runmoor.Mode: unknown key", NULL, 0, 0},
	{"the same key twice", "{}",
	 "{\"io.runmoor.mode\":\"enforce\",\"io.runmoor.mode\":\"enforce\"}",
	 "annotation io.runmoor.mode: comes more than once", NULL, 0, 0},
	{"the runtime", "{}", "{\"io.runmoor.runtime\":\"/evil\"}",
	 "annotation io.runmoor.runtime: runtime is set in the configuration "
	 "file only",
	 NULL, 0, 0},
	{"the state", "{}", "{\"io.runmoor.state_dir\":\"/evil\"}",
	 "annotation io.runmoor.state_dir: state_dir is set", NULL, 0, 0},
	{"an exception", "{}", "{\"io.runmoor.allow\":\"[]\"}",
	 "annotation io.runmoor.allow: allow is set", NULL, 0, 0},
	{"the events", "{}", "{\"io.runmoor.events.file\":\"/dev/null\"}",
	 "annotation io.runmoor.events.file: events.file is set", NULL, 0, 0},
	{"the permission to loosen", "{}",
	 "{\"io.runmoor.annotations_may_weaken\":\"mode\"}",
	 "annotation io.runmoor.annotations_may_weaken: ", NULL, 0, 0},

	{"no annotations", "{}", "{}", NULL, "enforce", MATCH_CONTENT,
	 VOLUME_DENY},
	{"other people's annotations", "{}",
	 "{\"io.runmoorings\":1,\"a\":\"b\",\"a\":\"c\"}", NULL, "enforce",
	 MATCH_CONTENT, VOLUME_DENY},
	{"what is configured anyway", "{}", "{\"io.runmoor.mode\":\"enforce\"}",
	 NULL, "enforce", MATCH_CONTENT, VOLUME_DENY},
	{"tighter ones",
	 "{\"mode\":\"off\",\"volumes\":{\"writable\":\"trust\"}}",
	 "{\"io.runmoor.mode\":\"audit\",\"io.runmoor.match\":\"path\","
	 "\"io.runmoor.volumes.writable\":\"seal\"}",
	 NULL, "audit", MATCH_PATH, VOLUME_SEAL},
	{"weaker ones that may be",
	 "{\"match\":\"path\",\"annotations_may_weaken\":"
	 "[\"volumes.writable\",\"mode\",\"match\"]}",
	 "{\"io.runmoor.mode\":\"off\",\"io.runmoor.match\":\"content\","
	 "\"io.runmoor.volumes.writable\":\"trust\"}",
	 NULL, "off", MATCH_CONTENT, VOLUME_TRUST},
};

static void check_annotations(void)
{
	for (size_t i = 0; i < ARRAY_LEN(annotated); i++) {
		const char *name = annotated[i].name;
		OWNED(config_owned) struct config config = {0};
		struct err e = {0};
		int status;

		CHECK(name, config_init(&config, &root_home, &e) == 0);
		CHECK(name, merge(&config, annotated[i].document, &e) == 0);
		status = annotate(&config, annotated[i].annotations, &e);
		CHECK(name, (status < 0) == !!annotated[i].says);
		if (annotated[i].says) {
			CHECK(name, strncmp(e.text, annotated[i].says,
					    strlen(annotated[i].says)) == 0);
			continue;
		}
		CHECK(name, strcmp(config_mode_name(config.mode),
				   annotated[i].mode) == 0);
		CHECK(name, config.match == annotated[i].match);
		CHECK(name, config.volumes_writable == annotated[i].writable);
	}
}

int main(void)
{
	check_annotations();
	TEST_END();
}
