#include "config.h"

#include "config_internal.h"
#include "file.h"

#include <errno.h>
#include <string.h>

static const char *const modes[] = {"enforce", "audit", "off", NULL};
static const char *const matches[] = {"content", "path", NULL};
static const char *const libraries[] = {"strict", "enforce", "audit", "off",
					NULL};
static const char *const volumes[] = {"deny", "seal", "trust", NULL};
static const char *const managed[] = {"seal", "follow", NULL};
static const char *const sessions[] = {"deny", "audit", "allow", NULL};
static const char *const permissions[] = {"deny", "allow", NULL};
static const char *const hooks[] = {"deny", "seal", NULL};
static const char *const payers[] = {"container", "engine", NULL};
static const char *const unprotectable[] = {"refuse", "run", NULL};

#define FIELD(member) .field = offsetof(struct config, member)
#define WORD(list, word)                                                       \
	.kind = KEY_WORD, .words = (list), .standard = (word),                 \
	.scope = SCOPE_CONTAINER

const struct config_key config_keys[] = {
	{"runtime", KEY_RUNTIME, FIELD(runtime)},
	{"mode", FIELD(mode), WORD(modes, MODE_ENFORCE)},
	{"match", FIELD(match), WORD(matches, MATCH_CONTENT),
	 .last_is_tightest = true},
	{"libraries", FIELD(libraries), WORD(libraries, LIBRARIES_ENFORCE)},
	{"scripts", FIELD(scripts), WORD(modes, SCRIPTS_AUDIT)},
	{"memory", FIELD(memory), WORD(permissions, PERMISSION_ALLOW)},
	{"memfd", FIELD(memfd), WORD(permissions, PERMISSION_ALLOW)},
	{"hooks", FIELD(hooks), WORD(hooks, HOOKS_SEAL)},
	{"binfmt", FIELD(binfmt), WORD(hooks, BINFMT_SEAL)},
	{"exec_sessions", FIELD(exec_sessions), WORD(sessions, SESSIONS_ALLOW)},
	{"volumes.read_only", FIELD(volumes_read_only),
	 WORD(volumes, VOLUME_SEAL)},
	{"volumes.writable", FIELD(volumes_writable),
	 WORD(volumes, VOLUME_DENY)},
	{"volumes.managed", FIELD(volumes_managed),
	 WORD(managed, MANAGED_SEAL)},
	{"volumes.limit.seconds", KEY_NUMBER, FIELD(volumes_seconds),
	 .standard = 20, .scope = SCOPE_WORKLOAD},
	{"volumes.limit.files", KEY_NUMBER, FIELD(volumes_files),
	 .standard = 500000, .scope = SCOPE_WORKLOAD},
	{"volumes.limit.bytes", KEY_SIZE, FIELD(volumes_bytes),
	 .standard = 16ULL << 30, .scope = SCOPE_WORKLOAD},
	{"traced", FIELD(traced), WORD(permissions, PERMISSION_DENY)},
	{"also", KEY_GLOBS, FIELD(also), .scope = SCOPE_WORKLOAD},
	{"allow", KEY_ALLOW, FIELD(allow), .scope = SCOPE_WORKLOAD},
	{"policies", KEY_POLICIES, FIELD(policies)},
	{"cgroup", FIELD(cgroup), WORD(payers, PAYER_CONTAINER)},
	{"events.file", KEY_PATH, FIELD(events_file)},
	{"events.syslog", KEY_FLAG, FIELD(events_syslog),
	 .unavailable = "true"},
	{"evidence.dir", KEY_PATH, FIELD(evidence_dir)},
	{"evidence.max_file", KEY_SIZE, FIELD(evidence_max_file),
	 .standard = 32ULL << 20},
	{"evidence.max_total", KEY_SIZE, FIELD(evidence_max_total),
	 .standard = 1ULL << 30},
	{"state_dir", KEY_PATH, FIELD(state_dir)},
	{"cache_dir", KEY_PATH, FIELD(cache_dir)},
	{"cache_limit", KEY_SIZE, FIELD(cache_limit), .standard = 1ULL << 30},
	{"on_unprotectable", FIELD(on_unprotectable),
	 WORD(unprotectable, UNPROTECTABLE_REFUSE)},
	{"annotations_may_weaken", KEY_WEAKEN, FIELD(may_weaken),
	 .scope = SCOPE_WORKLOAD},
};

_Static_assert(ARRAY_LEN(config_keys) <= CONFIG_KEYS_MAX, "origins");

const size_t config_key_count = ARRAY_LEN(config_keys);

const struct config_allow_field config_allow_fields[] = {
	{"path", offsetof(struct allow_rule, path), false},
	{"sha256", offsetof(struct allow_rule, sha256), true},
	{"process", offsetof(struct allow_rule, process), false},
	{"mount", offsetof(struct allow_rule, mount), false},
};

const size_t config_allow_field_count = ARRAY_LEN(config_allow_fields);

/* The enums of struct config are read and written as unsigned numbers. */
_Static_assert(sizeof(enum mode) == sizeof(unsigned), "enum size");

const struct config_key *config_key_find(const char *path)
{
	for (size_t i = 0; i < config_key_count; i++) {
		if (strcmp(config_keys[i].path, path) == 0)
			return &config_keys[i];
	}
	return NULL;
}

unsigned config_key_get_word(const struct config_key *key,
			     const struct config *config)
{
	unsigned word;

	memcpy(&word, (const char *)config + key->field, sizeof(word));
	return word;
}

void config_key_set_word(const struct config_key *key, struct config *config,
			 unsigned word)
{
	memcpy((char *)config + key->field, &word, sizeof(word));
}

static void set_standard(const struct config_key *key, struct config *config)
{
	void *field = (char *)config + key->field;

	switch (key->kind) {
	case KEY_WORD:
		config_key_set_word(key, config, (unsigned)key->standard);
		break;
	case KEY_FLAG:
		*(bool *)field = key->standard != 0;
		break;
	case KEY_SIZE:
	case KEY_NUMBER:
		*(uint64_t *)field = key->standard;
		break;
	case KEY_PATH:
	case KEY_RUNTIME:
	case KEY_ALLOW:
	case KEY_GLOBS:
	case KEY_WEAKEN:
	case KEY_POLICIES:
		break;
	}
}

static int set_paths(struct config *config, const char *state,
		     const char *cache, const char *events)
{
	config->state_dir = strdup(state);
	config->cache_dir = strdup(cache);
	config->events_file = file_in(events, "events.jsonl");
	config->evidence_dir = file_in(cache, "evidence");
	return config->state_dir && config->cache_dir && config->events_file &&
			       config->evidence_dir
		       ? 0
		       : -1;
}

static bool is_absolute(const char *path)
{
	return path && *path == '/';
}

/* XDG Base Directory specification: a relative path in one of its variables is
 * ignored. */
static int set_rootless_paths(struct config *config,
			      const struct config_home *home, struct err *e)
{
	OWNED(free_owned) char *state = NULL;
	OWNED(free_owned) char *cache = NULL;

	if (!is_absolute(home->xdg_runtime_dir))
		return err_set(e, 0,
			       "XDG_RUNTIME_DIR is not set to an absolute "
			       "path: there is no place for a rootless "
			       "container's state");
	if (!is_absolute(home->xdg_state_home) && !is_absolute(home->home))
		return err_set(e, 0,
			       "neither XDG_STATE_HOME nor HOME is set to an "
			       "absolute path: there is no place for a "
			       "rootless container's events");
	state = file_in(home->xdg_runtime_dir, "runmoor");
	if (!state)
		return err_set(e, ENOMEM, "default configuration");
	cache = is_absolute(home->xdg_state_home)
			? file_in(home->xdg_state_home, "runmoor")
			: file_in(home->home, ".local/state/runmoor");
	if (!cache)
		return err_set(e, ENOMEM, "default configuration");
	if (set_paths(config, state, cache, cache) < 0)
		return err_set(e, ENOMEM, "default configuration");
	return 0;
}

int config_init(struct config *ret, const struct config_home *home,
		struct err *e)
{
	int status = 0;

	*ret = (struct config){0};
	for (size_t i = 0; i < config_key_count; i++)
		set_standard(&config_keys[i], ret);
	if (home->rootless)
		status = set_rootless_paths(ret, home, e);
	else if (set_paths(ret, "/run/runmoor", "/var/lib/runmoor",
			   "/var/log/runmoor") < 0)
		status = err_set(e, ENOMEM, "default configuration");
	if (status < 0)
		config_clear(ret);
	return status;
}

void config_allow_free(struct allow_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rules[i].path);
		free(rules[i].sha256);
		free(rules[i].process);
		free(rules[i].mount);
	}
	free(rules);
}

void config_list_free(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void config_clear(struct config *config)
{
	config_allow_free(config->allow, config->allow_count);
	config_list_free(config->also, config->also_count);
	config_list_free(config->may_weaken, config->may_weaken_count);
	config_policies_free(config->policies, config->policy_count);
	free(config->policy);
	for (size_t i = 0; i < config_key_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->kind == KEY_PATH || key->kind == KEY_RUNTIME)
			free(*(char **)((char *)config + key->field));
	}
	*config = (struct config){0};
}

bool config_key_at(const struct config *config, size_t index,
		   const char **ret_path, enum config_origin *ret_origin)
{
	if (index >= config_key_count)
		return false;
	*ret_path = config_keys[index].path;
	*ret_origin = config->origins[index];
	return true;
}

const char *config_mode_name(enum mode mode)
{
	return modes[mode];
}

const char *config_match_name(enum match match)
{
	return matches[match];
}

const char *config_libraries_name(enum libraries value)
{
	return libraries[value];
}

const char *config_scripts_name(enum scripts scripts)
{
	return modes[scripts];
}
