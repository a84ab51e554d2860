#include "config.h"

#include "test.h"

#include <string.h>

#define SHA_UPPER                                                              \
	"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
#define SHA_LOWER                                                              \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

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

static const struct {
	const char *name;
	const char *document;
	const char *says;
} refused[] = {
	{"a document that is no object", "[]",
	 "the configuration: must be an object, not an array"},
	{"an unknown key", "{\"moed\":\"off\"}", "moed: unknown key"},
	{"an unknown key in a section",
	 "{\"volumes\":{\"writeable\":\"deny\"}}",
	 "volumes.writeable: unknown key"},
	{"a key path for a key", "{\"volumes.writable\":\"trust\"}",
	 "volumes.writable: unknown key"},
	{"a section in a section", "{\"volumes\":{\"volumes\":{}}}",
	 "volumes.volumes: unknown key"},
	{"a key path for a key of a section in a section",
	 "{\"volumes\":{\"limit.files\":1}}",
	 "volumes.limit.files: unknown key"},
	{"a section in a section that is a number",
	 "{\"volumes\":{\"limit\":5}}",
	 "volumes.limit: must be an object, not a number"},
	{"an unknown key in a section in a section",
	 "{\"volumes\":{\"limit\":{\"minutes\":5}}}",
	 "volumes.limit.minutes: unknown key"},
	{"a number that is negative",
	 "{\"volumes\":{\"limit\":{\"seconds\":-1}}}",
	 "volumes.limit.seconds: must be a whole number, 0 or more"},
	{"a key in another case", "{\"Mode\":\"off\"}", "Mode: unknown key"},
	{"a key that comes twice", "{\"mode\":\"off\",\"mode\":\"enforce\"}",
	 "mode: comes more than once"},
	{"a key that comes in two cases",
	 "{\"mode\":\"enforce\",\"MODE\":\"off\"}",
	 "mode: comes more than once"},
	{"a section that comes twice", "{\"volumes\":{},\"volumes\":{}}",
	 "volumes: comes more than once"},
	{"a section that is a word", "{\"volumes\":\"deny\"}",
	 "volumes: must be an object, not a string"},
	{"a word that isn't one", "{\"volumes\":{\"writable\":\"sael\"}}",
	 "volumes.writable: must be one of deny, seal, trust, not \"sael\""},
	{"a word in another case", "{\"mode\":\"Off\"}",
	 "mode: must be one of enforce, audit, off, not \"Off\""},
	{"a word of another key", "{\"match\":\"enforce\"}",
	 "match: must be one of content, path, not \"enforce\""},
	{"a word that begins another", "{\"traced\":\"\"}",
	 "traced: must be one of deny, allow, not \"\""},
	{"a truth for a word", "{\"mode\":true}",
	 "mode: must be a string, not true or false"},
	{"null is no default", "{\"mode\":null}",
	 "mode: must be a string, not null"},
	{"a word that a C string would cut off", "{\"mode\":\"off\\u0000\"}",
	 "mode: must not contain \\u0000"},
	{"a word for a truth", "{\"events\":{\"syslog\":\"false\"}}",
	 "events.syslog: must be true or false, not a string"},
	{"a negative size", "{\"evidence\":{\"max_file\":-1}}",
	 "evidence.max_file: must be a whole number of bytes"},
	{"a size with a fraction", "{\"evidence\":{\"max_total\":1e9}}",
	 "evidence.max_total: must be a whole number of bytes"},
	{"a relative path", "{\"state_dir\":\"run\"}",
	 "state_dir: must be an absolute path, not \"run\""},
	{"an empty path", "{\"events\":{\"file\":\"\"}}",
	 "events.file: must be an absolute path, not \"\""},
	{"a relative path of a runtime", "{\"runtime\":\"./runc\"}",
	 "runtime: must be a program's name or its absolute path"},
	{"a runtime without a name", "{\"runtime\":\"\"}", "runtime: must be"},

	{"events.syslog isn't there yet", "{\"events\":{\"syslog\":true}}",
	 "events.syslog: true is not available in this version"},

	{"an exception that isn't in a list", "{\"allow\":{\"path\":\"/x\"}}",
	 "allow: must be an array, not an object"},
	{"an exception that is a path", "{\"allow\":[\"/x\"]}",
	 "allow[0]: must be an object, not a string"},
	{"an exception for everything", "{\"allow\":[{\"path\":\"/x\"},{}]}",
	 "allow[1]: is empty and would allow everything"},
	{"an exception's unknown key",
	 "{\"allow\":[{\"path\":\"/x\"},{\"path\":\"/y\"},{\"pth\":\"/z\"}]}",
	 "allow[2].pth: unknown key"},
	{"an exception's key that comes twice",
	 "{\"allow\":[{\"path\":\"/x\",\"PATH\":\"/y\"}]}",
	 "allow[0].path: comes more than once"},
	{"an exception that would match nothing",
	 "{\"allow\":[{\"mount\":\"data\"}]}",
	 "allow[0].mount: must begin with /"},
	{"an exception without a path", "{\"allow\":[{\"process\":\"\"}]}",
	 "allow[0].process: must begin with /"},
	{"a glob that is malformed", "{\"allow\":[{\"path\":\"/opt/[a\"}]}",
	 "allow[0].path: isn't a glob from its character 6 on: \"[a\""},
	{"a digest that is too short", "{\"allow\":[{\"sha256\":\"00\"}]}",
	 "allow[0].sha256: must be 64 hexadecimal digits, not \"00\""},
	{"a digest with another letter",
	 "{\"allow\":[{\"sha256\":\"g0112233445566778899aabbccddeeff"
	 "00112233445566778899aabbccddeeff\"}]}",
	 "allow[0].sha256: must be 64 hexadecimal digits"},
	{"a digest that is a number", "{\"allow\":[{\"sha256\":0}]}",
	 "allow[0].sha256: must be a string, not a number"},

	{"a list of globs that is one", "{\"also\":\"/a\"}",
	 "also: must be an array, not a string"},
	{"a relative glob", "{\"also\":[\"/a\",\"b\"]}",
	 "also[1]: must begin with /"},
	{"a malformed glob", "{\"also\":[\"/a/[b\"]}",
	 "also[0]: isn't a glob from its character 4 on: \"[b\""},
	{"annotations that may loosen nothing known",
	 "{\"annotations_may_weaken\":[\"mode\",\"moed\"]}",
	 "annotations_may_weaken[1]: \"moed\" is no key"},
	{"annotations that may loosen what isn't policy",
	 "{\"annotations_may_weaken\":[\"state_dir\"]}",
	 "annotations_may_weaken[0]: \"state_dir\" is no key"},
	{"annotations that may loosen the exceptions",
	 "{\"annotations_may_weaken\":[\"allow\"]}",
	 "annotations_may_weaken[0]: \"allow\" is no key"},
	{"annotations that may loosen a section",
	 "{\"annotations_may_weaken\":[\"volumes\"]}",
	 "annotations_may_weaken[0]: \"volumes\" is no key"},
};

static void check_refusals(void)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		OWNED(config_owned) struct config config = {0};
		struct err e = {0};

		CHECK(refused[i].name,
		      config_init(&config, &root_home, &e) == 0);
		CHECK(refused[i].name,
		      merge(&config, refused[i].document, &e) == -1);
		CHECK(refused[i].name, e.code);
		CHECK(refused[i].name, strncmp(e.text, refused[i].says,
					       strlen(refused[i].says)) == 0);
	}
}

static const struct {
	const char *name;
	struct config_home home;
	const char *state_dir; /* NULL: refused */
	const char *cache_dir;
	const char *events_file;
	const char *evidence_dir;
} homes[] = {
	{"rootless without XDG_RUNTIME_DIR",
	 {true, "/home/a", NULL, NULL},
	 NULL,
	 NULL,
	 NULL,
	 NULL},
	{"rootless with a relative one",
	 {true, "/home/a", "run", "/state"},
	 NULL,
	 NULL,
	 NULL,
	 NULL},
	{"rootless without a home",
	 {true, NULL, "/run/user/1", NULL},
	 NULL,
	 NULL,
	 NULL,
	 NULL},
	{"rootless with a relative home",
	 {true, "a", "/run/user/1", "b"},
	 NULL,
	 NULL,
	 NULL,
	 NULL},
	{"rootless",
	 {true, "/home/a", "/run/user/1", NULL},
	 "/run/user/1/runmoor",
	 "/home/a/.local/state/runmoor",
	 "/home/a/.local/state/runmoor/events.jsonl",
	 "/home/a/.local/state/runmoor/evidence"},
	{"rootless with XDG_STATE_HOME",
	 {true, "/home/a", "/run/user/1", "/state"},
	 "/run/user/1/runmoor",
	 "/state/runmoor",
	 "/state/runmoor/events.jsonl",
	 "/state/runmoor/evidence"},
	{"rootless with a relative XDG_STATE_HOME, which is as none",
	 {true, "/home/a", "/run/user/1", "state"},
	 "/run/user/1/runmoor",
	 "/home/a/.local/state/runmoor",
	 "/home/a/.local/state/runmoor/events.jsonl",
	 "/home/a/.local/state/runmoor/evidence"},
	{"root, whatever XDG says",
	 {false, "/root", "/run/user/0", "/state"},
	 "/run/runmoor",
	 "/var/lib/runmoor",
	 "/var/log/runmoor/events.jsonl",
	 "/var/lib/runmoor/evidence"},
};

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static void check_homes(void)
{
	for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
		const char *name = homes[i].name;
		OWNED(config_owned) struct config config = {0};
		struct err e = {0};
		int status = config_init(&config, &homes[i].home, &e);

		CHECK(name, (status < 0) == !homes[i].state_dir);
		if (status < 0) {
			CHECK(name, e.code && !config.state_dir);
			continue;
		}
		CHECK(name, same(config.state_dir, homes[i].state_dir));
		CHECK(name, same(config.cache_dir, homes[i].cache_dir));
		CHECK(name, same(config.events_file, homes[i].events_file));
		CHECK(name, same(config.evidence_dir, homes[i].evidence_dir));
	}
}

static bool writes(const struct config *config, const char *expected)
{
	OWNED(json_owned) struct json *document = config_to_json(config);
	OWNED(buffer_clear) struct buffer out = BUFFER_INIT;

	json_write(document, false, &out);
	return out.data && strcmp(out.data, expected) == 0;
}

static const char standard[] =
	"{\"mode\":\"enforce\",\"match\":\"content\",\"libraries\":\"enforce\","
	"\"scripts\":\"audit\",\"memory\":\"allow\",\"memfd\":\"allow\","
	"\"hooks\":\"seal\",\"binfmt\":\"seal\",\"exec_sessions\":\"allow\","
	"\"volumes\":{\"read_only\":\"seal\",\"writable\":\"deny\","
	"\"managed\":\"seal\",\"limit\":{\"seconds\":20,\"files\":500000,"
	"\"bytes\":17179869184}},"
	"\"traced\":\"deny\",\"also\":[],\"allow\":[],"
	"\"cgroup\":\"container\","
	"\"events\":{\"file\":\"/var/log/runmoor/events.jsonl\","
	"\"syslog\":false},"
	"\"evidence\":{\"dir\":\"/var/lib/runmoor/evidence\","
	"\"max_file\":33554432,\"max_total\":1073741824},"
	"\"state_dir\":\"/run/runmoor\",\"cache_dir\":\"/var/lib/runmoor\","
	"\"cache_limit\":1073741824,"
	"\"on_unprotectable\":\"refuse\",\"annotations_may_weaken\":[]}";

/* Every key with another value than its default. */
static const char other[] =
	"{\"runtime\":\"crun\",\"mode\":\"audit\",\"match\":\"path\","
	"\"libraries\":\"off\",\"scripts\":\"off\",\"memory\":\"deny\","
	"\"memfd\":\"allow\",\"hooks\":\"seal\",\"binfmt\":\"deny\",\"exec_"
	"sessions\":\"deny\","
	"\"volumes\":{\"read_only\":\"trust\",\"writable\":\"seal\","
	"\"managed\":\"follow\",\"limit\":{\"seconds\":0,\"files\":1,"
	"\"bytes\":2}},"
	"\"traced\":\"allow\",\"also\":[\"/i/**\",\"/j\"],"
	"\"allow\":[{\"path\":\"/a*\",\"sha256\":\"" SHA_LOWER "\","
	"\"process\":\"/b\",\"mount\":\"/c\"},{\"mount\":\"/d\"}],"
	"\"cgroup\":\"engine\","
	"\"events\":{\"file\":\"/e\",\"syslog\":false},"
	"\"evidence\":{\"dir\":\"/f\",\"max_file\":0,"
	"\"max_total\":18446744073709551615},"
	"\"state_dir\":\"/g\",\"cache_dir\":\"/h\","
	"\"cache_limit\":5,"
	"\"on_unprotectable\":\"run\","
	"\"annotations_may_weaken\":[\"mode\",\"volumes.read_only\"]}";

static void check_documents(void)
{
	OWNED(config_owned) struct config config = {0};
	struct err e = {0};

	CHECK("the defaults", config_init(&config, &root_home, &e) == 0);
	CHECK("the defaults are those of the manual",
	      writes(&config, standard));
	CHECK("the defaults are read back", merge(&config, standard, &e) == 0);
	CHECK("and change nothing", writes(&config, standard));
	CHECK("an empty document", merge(&config, "{}", &e) == 0);
	CHECK("changes nothing", writes(&config, standard));
	CHECK("all keys", merge(&config, other, &e) == 0);
	CHECK("are what was written", writes(&config, other));
	CHECK("all keys again", merge(&config, other, &e) == 0);
	CHECK("are the same", writes(&config, other));
	CHECK("a list replaces one",
	      merge(&config, "{\"allow\":[{\"sha256\":\"" SHA_UPPER "\"}]}",
		    &e) == 0);
	CHECK("of one exception", config.allow_count == 1);
	CHECK("whose digest is in lower case",
	      strcmp(config.allow[0].sha256, SHA_LOWER) == 0);
	CHECK("and that has no more", !config.allow[0].path);
	CHECK("a runtime by its path",
	      merge(&config, "{\"runtime\":\"/usr/bin/crun\"}", &e) == 0);
	CHECK("is kept", strcmp(config.runtime, "/usr/bin/crun") == 0);
}

int main(void)
{
	check_refusals();
	check_homes();
	check_documents();
	CHECK("the names of words",
	      strcmp(config_mode_name(MODE_OFF), "off") == 0 &&
		      strcmp(config_match_name(MATCH_PATH), "path") == 0 &&
		      strcmp(config_libraries_name(LIBRARIES_AUDIT), "audit") ==
			      0 &&
		      strcmp(config_scripts_name(SCRIPTS_ENFORCE), "enforce") ==
			      0);
	TEST_END();
}
