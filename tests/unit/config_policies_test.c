#include "config.h"

#include "test.h"

#include <string.h>

static const struct config_home root_home = {.home = "/root"};

static void config_owned(struct config *config)
{
	config_clear(config);
}

static struct json *parse(const char *text)
{
	struct json *document = NULL;

	if (json_parse(text, strlen(text), &document, NULL) < 0)
		abort();
	return document;
}

static void start(struct config *config)
{
	if (config_init(config, &root_home, NULL) < 0)
		abort();
}

static int merge(struct config *config, const char *text, struct err *e)
{
	OWNED(json_owned) struct json *document = parse(text);

	return config_merge(config, document, e);
}

static int add(struct config *config, const char *text, struct err *e)
{
	OWNED(json_owned) struct json *document = parse(text);

	return config_add_policies(config, document, "/p/a.json", e);
}

#define IN_FILE(policy)                                                        \
	"{\"policies\":[{\"match\":{\"pod\":\"a\"}}," policy "]}"

/* Rows of the configuration file, behind a well-formed policy. */
static const struct {
	const char *name;
	const char *document;
	const char *says;
} refused[] = {
	{"policies that are an object", "{\"policies\":{}}",
	 "policies: must be an array, not an object"},
	{"a policy that is a word", IN_FILE("\"audit\""),
	 "policies[1]: must be an object, not a string"},
	{"a policy for nobody in particular", IN_FILE("{\"mode\":\"audit\"}"),
	 "policies[1].match: is missing"},
	{"a match in another case", IN_FILE("{\"Match\":{\"pod\":\"a\"}}"),
	 "policies[1].match: is missing"},
	{"a match that comes twice",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"match\":{\"pod\":\"b\"}}"),
	 "policies[1].match: comes more than once"},
	{"a match of everything", IN_FILE("{\"match\":{}}"),
	 "policies[1].match: is empty and would match every container"},
	{"a match that is a word", IN_FILE("{\"match\":\"a\"}"),
	 "policies[1].match: must be an object, not a string"},
	{"an unknown key of a match", IN_FILE("{\"match\":{\"imge\":\"a\"}}"),
	 "policies[1].match.imge: unknown key; a match has image, namespace"},
	{"a glob that is a list", IN_FILE("{\"match\":{\"image\":[\"a\"]}}"),
	 "policies[1].match.image: must be a string, not an array"},
	{"a glob that is malformed", IN_FILE("{\"match\":{\"image\":\"a[\"}}"),
	 "policies[1].match.image: isn't a glob"},
	{"a name that comes twice",
	 IN_FILE("{\"match\":{\"pod\":\"a\",\"Pod\":\"b\"}}"),
	 "policies[1].match.pod: comes more than once"},
	{"annotations that are a list",
	 IN_FILE("{\"match\":{\"annotations\":[]}}"),
	 "policies[1].match.annotations: must be an object, not an array"},
	{"no annotations", IN_FILE("{\"match\":{\"annotations\":{}}}"),
	 "policies[1].match.annotations: is empty"},
	{"an annotation that is a truth",
	 IN_FILE("{\"match\":{\"annotations\":{\"a.b/c\":true}}}"),
	 "policies[1].match.annotations.a.b/c: must be a string, not true or "
	 "false"},
	{"an unknown key",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"moed\":\"off\"}"),
	 "policies[1].moed: unknown key"},
	{"a word that isn't one",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},"
		 "\"volumes\":{\"writable\":\"sael\"}}"),
	 "policies[1].volumes.writable: must be one of deny, seal, trust"},
	{"an exception that is malformed",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"allow\":[{\"path\":\"x\"}]}"),
	 "policies[1].allow[0].path: must begin with /"},
	{"policies in a policy",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"policies\":[]}"),
	 "policies[1].policies: is the host's, not a workload's"},
	{"a folder of the host",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"state_dir\":\"/x\"}"),
	 "policies[1].state_dir: is the host's, not a workload's"},
	{"the host's events",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"events\":{\"file\":\"/x\"}}"),
	 "policies[1].events.file: is the host's, not a workload's"},
	{"the runtime",
	 IN_FILE("{\"match\":{\"pod\":\"a\"},\"runtime\":\"crun\"}"),
	 "policies[1].runtime: is the host's, not a workload's"},
};

/* Rows of policy files. */
static const struct {
	const char *name;
	const char *document;
	const char *says;
} refused_files[] = {
	{"a file that is a word", "\"audit\"",
	 "a policy: must be an object, not a string"},
	{"a policy alone for nobody", "{\"mode\":\"off\"}",
	 "match: is missing"},
	{"a policy alone with an unknown key",
	 "{\"match\":{\"pod\":\"a\"},\"moed\":\"off\"}", "moed: unknown key"},
	{"the second of two",
	 "[{\"match\":{\"pod\":\"a\"}},{\"match\":{\"pod\":\"a\"},"
	 "\"mode\":\"of\"}]",
	 "[1].mode: must be one of enforce, audit, off, not \"of\""},
};

static bool says(const struct err *e, const char *text)
{
	return strncmp(e->text, text, strlen(text)) == 0;
}

static void check_refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		OWNED(config_owned) struct config config = {0};
		struct err e = {0};

		start(&config);
		CHECK(refused[i].name,
		      merge(&config, refused[i].document, &e) == -1);
		CHECK(refused[i].name, says(&e, refused[i].says));
	}
	for (size_t i = 0; i < ARRAY_LEN(refused_files); i++) {
		OWNED(config_owned) struct config config = {0};
		struct err e = {0};

		start(&config);
		CHECK("a file that is fine",
		      add(&config, "{\"match\":{\"pod\":\"b\"}}", &e) == 0);
		CHECK(refused_files[i].name,
		      add(&config, refused_files[i].document, &e) == -1);
		CHECK(refused_files[i].name, says(&e, refused_files[i].says));
		CHECK(refused_files[i].name, config.policy_count == 1);
	}
}

#define NGINX .image = "docker.io/library/nginx:1.25"

static const struct {
	const char *name;
	const char *match;
	struct workload workload;
	const char *annotations; /* or NULL */
	bool fits;
} rows[] = {
	{"an image that nobody told",
	 "{\"image\":\"**\"}",
	 {.pod = "a"},
	 NULL,
	 false},
	{"a namespace that nobody told",
	 "{\"namespace\":\"*\"}",
	 {NGINX},
	 NULL,
	 false},
	{"a star for the folders of an image",
	 "{\"image\":\"docker.io/*\"}",
	 {NGINX},
	 NULL,
	 false},
	{"one of two that doesn't fit",
	 "{\"image\":\"**/nginx:*\",\"namespace\":\"web\"}",
	 {NGINX, .namespace = "webs"},
	 NULL,
	 false},
	{"one of two that isn't known",
	 "{\"image\":\"**/nginx:*\",\"namespace\":\"web\"}",
	 {NGINX},
	 NULL,
	 false},
	{"an annotation of none",
	 "{\"annotations\":{\"a\":\"*\"}}",
	 {NGINX},
	 NULL,
	 false},
	{"an annotation that isn't there",
	 "{\"annotations\":{\"a\":\"*\"}}",
	 {NGINX},
	 "{\"b\":\"x\"}",
	 false},
	{"an annotation that is another",
	 "{\"annotations\":{\"a\":\"y*\"}}",
	 {NGINX},
	 "{\"a\":\"x\"}",
	 false},
	{"one annotation of two",
	 "{\"annotations\":{\"a\":\"x\",\"b\":\"*\"}}",
	 {NGINX},
	 "{\"a\":\"x\"}",
	 false},
	{"an annotation that is no text",
	 "{\"annotations\":{\"a\":\"*\"}}",
	 {NGINX},
	 "{\"a\":1}",
	 false},
	{"another runtime",
	 "{\"runtime\":\"crun\"}",
	 {.runtime = "runc"},
	 NULL,
	 false},

	{"an image by its end",
	 "{\"image\":\"**/nginx:*\"}",
	 {NGINX},
	 NULL,
	 true},
	{"an image of a registry",
	 "{\"image\":\"docker.io/**\"}",
	 {NGINX},
	 NULL,
	 true},
	{"a pod", "{\"pod\":\"ci-*\"}", {.pod = "ci-7"}, NULL, true},
	{"a container",
	 "{\"container\":\"web\"}",
	 {.container = "web"},
	 NULL,
	 true},
	{"a runtime",
	 "{\"runtime\":\"crun\"}",
	 {.runtime = "crun"},
	 NULL,
	 true},
	{"both of two",
	 "{\"image\":\"**/nginx:*\",\"namespace\":\"web\"}",
	 {NGINX, .namespace = "web"},
	 NULL,
	 true},
	{"annotations",
	 "{\"annotations\":{\"a\":\"x\",\"b.c/d\":\"?\"}}",
	 {NGINX},
	 "{\"a\":\"x\",\"b.c/d\":\"1\"}",
	 true},
};

static void check_matches(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(config_owned) struct config config = {0};
		OWNED(json_owned)
		struct json *annotations =
			rows[i].annotations ? parse(rows[i].annotations) : NULL;
		struct workload workload = rows[i].workload;
		struct err e = {0};
		char text[256];

		start(&config);
		(void)snprintf(text, sizeof(text),
			       "{\"match\":%s,\"mode\":\"audit\"}",
			       rows[i].match);
		workload.annotations = annotations;
		CHECK(rows[i].name, add(&config, text, &e) == 0);
		CHECK(rows[i].name, config_choose(&config, &workload, &e) == 0);
		CHECK(rows[i].name,
		      (config.mode == MODE_AUDIT) == rows[i].fits);
		CHECK(rows[i].name, !config.policy == !rows[i].fits);
		CHECK(rows[i].name, config.policy_count == 0);
	}
}

static enum config_origin origin(const struct config *config, const char *key)
{
	enum config_origin found;
	const char *path;

	for (size_t i = 0; config_key_at(config, i, &path, &found); i++)
		if (strcmp(path, key) == 0)
			return found;
	abort();
}

static void check_layers(void)
{
	OWNED(config_owned) struct config config = {0};
	OWNED(json_owned)
	struct json *annotations = parse("{\"io.runmoor.memory\":\"deny\"}");
	const struct workload workload = {.pod = "a", .image = "b"};
	struct err e = {0};

	start(&config);
	CHECK("the configuration",
	      merge(&config,
		    "{\"mode\":\"audit\",\"match\":\"path\","
		    "\"allow\":[{\"path\":\"/a\"},{\"path\":\"/b\"}],"
		    "\"policies\":[{\"match\":{\"pod\":\"x\"},"
		    "\"mode\":\"off\"}]}",
		    &e) == 0);
	CHECK("is named", config_name_policies(&config, "/c.json", &e) == 0 &&
				  strcmp(config.policies[0].name,
					 "/c.json: policies[0]") == 0);
	CHECK("policies of a file",
	      add(&config,
		  "[{\"match\":{\"image\":\"b\"},\"mode\":\"enforce\","
		  "\"volumes\":{\"writable\":\"seal\"},"
		  "\"allow\":[{\"path\":\"/c\"}],"
		  "\"annotations_may_weaken\":[\"mode\"]},"
		  "{\"match\":{\"pod\":\"a\"},\"mode\":\"off\"}]",
		  &e) == 0);
	CHECK("are chosen from", config_choose(&config, &workload, &e) == 0);
	CHECK("in their order",
	      config.policy && strcmp(config.policy, "/p/a.json: [0]") == 0);
	CHECK("a key of the policy", config.mode == MODE_ENFORCE);
	CHECK("its origin", origin(&config, "mode") == ORIGIN_POLICY);
	CHECK("a key in a section", config.volumes_writable == VOLUME_SEAL);
	CHECK("its neighbour stays",
	      config.volumes_read_only == VOLUME_SEAL &&
		      origin(&config, "volumes.read_only") == ORIGIN_DEFAULT);
	CHECK("a key that it doesn't set", config.match == MATCH_PATH);
	CHECK("and its origin", origin(&config, "match") == ORIGIN_FILE);
	CHECK("exceptions add up",
	      config.allow_count == 3 && config.allow_base == 2 &&
		      strcmp(config.allow[0].path, "/a") == 0 &&
		      strcmp(config.allow[2].path, "/c") == 0);
	CHECK("what annotations may loosen", config.may_weaken_count == 1);
	CHECK("annotations come last",
	      config_annotate(&config, annotations, &e) == 0 &&
		      origin(&config, "memory") == ORIGIN_ANNOTATION);
}

static void check_unchosen(void)
{
	OWNED(config_owned) struct config config = {0};
	const struct workload workload = {.pod = "b"};
	struct err e = {0};

	start(&config);
	CHECK("a match alone says that the rest holds",
	      add(&config,
		  "[{\"match\":{\"pod\":\"b\"}},"
		  "{\"match\":{\"pod\":\"*\"},\"mode\":\"off\"}]",
		  &e) == 0 &&
		      config_choose(&config, &workload, &e) == 0 &&
		      config.mode == MODE_ENFORCE && config.policy);
	CHECK("an array without policies", add(&config, "[]", &e) == 0);
	CHECK("nothing to choose from",
	      config_choose(&config, &workload, &e) == 0);
	CHECK("policies are replaced by a merge",
	      merge(&config, IN_FILE("{\"match\":{\"pod\":\"c\"}}"), &e) == 0 &&
		      merge(&config, "{\"policies\":[]}", &e) == 0 &&
		      config.policy_count == 0);
}

int main(void)
{
	check_refusals();
	check_matches();
	check_layers();
	check_unchosen();
	TEST_END();
}
