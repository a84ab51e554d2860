/*
 * config - the configuration file, the policy for a workload on top of it, and
 * the container's annotations on top of that. See runmoor-policy(5). Every
 * field has its default after config_init.
 */
#pragma once

#include "err.h"
#include "json.h"
#include "workload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode { MODE_ENFORCE, MODE_AUDIT, MODE_OFF };
enum match { MATCH_CONTENT, MATCH_PATH };
enum libraries {
	LIBRARIES_STRICT,
	LIBRARIES_ENFORCE,
	LIBRARIES_AUDIT,
	LIBRARIES_OFF,
};
enum scripts { SCRIPTS_ENFORCE, SCRIPTS_AUDIT, SCRIPTS_OFF };
enum volume_rule { VOLUME_DENY, VOLUME_SEAL, VOLUME_TRUST };
enum managed_rule { MANAGED_SEAL, MANAGED_FOLLOW };
enum session_rule { SESSIONS_DENY, SESSIONS_AUDIT, SESSIONS_ALLOW };
enum permission { PERMISSION_DENY, PERMISSION_ALLOW };
enum hooks_rule { HOOKS_DENY, HOOKS_SEAL };
enum binfmt_rule { BINFMT_DENY, BINFMT_SEAL };
enum payer { PAYER_CONTAINER, PAYER_ENGINE };
enum unprotectable { UNPROTECTABLE_REFUSE, UNPROTECTABLE_RUN };

/* One exception; unset (NULL) keys match anything, at least one is set. The
 * globs (glob.h) begin with a slash, as what they are compared with does. */
struct allow_rule {
	char *path;    /* glob */
	char *sha256;  /* 64 lower-case hexadecimal digits   */
	char *process; /* glob of the executing program      */
	char *mount;   /* mount point in the container, glob */
};

/* The document that a value is from. */
enum config_origin {
	ORIGIN_DEFAULT,
	ORIGIN_FILE,
	ORIGIN_POLICY,
	ORIGIN_ANNOTATION,
};

enum { CONFIG_KEYS_MAX = 48 };

/* A policy for workloads, well-formed. */
struct policy {
	char *name;	    /* the file, and its place there if not alone */
	struct json *match; /* an object, not empty */
	struct json *keys;  /* those it sets, as in the configuration */
};

struct config {
	char *runtime; /* NULL: not set */
	enum mode mode;
	enum match match;
	enum libraries libraries;
	enum scripts scripts;
	enum permission memory;
	enum permission memfd;
	enum hooks_rule hooks;
	enum binfmt_rule binfmt;
	enum session_rule exec_sessions;
	enum volume_rule volumes_read_only;
	enum volume_rule volumes_writable;
	enum managed_rule volumes_managed;
	/* The limits of sealing all volumes of one create. */
	uint64_t volumes_seconds;
	uint64_t volumes_files; /* files and folders that are walked */
	uint64_t volumes_bytes; /* bytes that are hashed */
	enum permission traced;
	enum payer cgroup; /* the cgroup that is charged for the supervisor */
	struct allow_rule *allow;
	size_t allow_count;
	char *events_file;
	bool events_syslog;
	char *evidence_dir;
	uint64_t evidence_max_file;  /* bytes */
	uint64_t evidence_max_total; /* bytes */
	char *state_dir;
	char *cache_dir;
	uint64_t cache_limit; /* bytes */
	enum unprotectable on_unprotectable;
	char **also; /* globs of further files of the image */
	size_t also_count;
	char **may_weaken; /* annotation keys without "io.runmoor." */
	size_t may_weaken_count;
	struct policy *policies; /* in the order they are tried */
	size_t policy_count;
	char *policy; /* the name of the one that was chosen; NULL: none */
	/* The origin of each key. Exceptions below allow_base are the file's.
	 */
	uint8_t origins[CONFIG_KEYS_MAX];
	size_t allow_base;
	enum config_origin layer; /* the document that is being merged */
};

/* The environment that defaults depend on: rootless paths follow XDG. Borrowed
 * strings. */
struct config_home {
	bool rootless;
	const char *home;	     /* $HOME */
	const char *xdg_runtime_dir; /* $XDG_RUNTIME_DIR */
	const char *xdg_state_home;  /* $XDG_STATE_HOME, may be NULL */
};

MUST_CHECK int config_init(struct config *ret, const struct config_home *home,
			   struct err *e);
void config_clear(struct config *config);

/* Overlay a document's keys on config. Errors name the key path, as in
 * "volumes.writable: must be one of deny, seal, trust, not \"sael\"". Unknown,
 * duplicate and case-variant keys are errors, and so are values whose behaviour
 * isn't implemented. Paths are absolute. On failure config may have some of the
 * document's values; it is still cleared. */
MUST_CHECK int config_merge(struct config *config, const struct json *document,
			    struct err *e);

/* Append the policies of a policy file: document is one, or an array of them. A
 * policy is an object of "match" and any keys that a workload may have, which
 * are not those of places (runtime, state_dir, cache_dir, events, evidence) and
 * policies. Errors name the key path from the document on. config is as before
 * on failure. */
MUST_CHECK int config_add_policies(struct config *config,
				   const struct json *document,
				   const char *file, struct err *e);

/* Record the file as the origin of the policies that a merge found. */
MUST_CHECK int config_name_policies(struct config *config, const char *file,
				    struct err *e);

/* Merge the first policy that matches the workload into config: all globs of
 * its "match" match, and an unknown name matches nothing. Its exceptions are
 * appended; any other key of it replaces the previous value. config->policy is
 * its name then. No policies are left in config. */
MUST_CHECK int config_choose(struct config *config,
			     const struct workload *workload, struct err *e);

/* The key of that index, as "volumes.writable", and the origin of its value;
 * false after the last. */
bool config_key_at(const struct config *config, size_t index,
		   const char **ret_path, enum config_origin *ret_origin);

/*
 * Apply a container's annotations io.runmoor.<key> (a JSON object of strings,
 * NULL is fine). A value may tighten; one that loosens must be listed in
 * may_weaken, else the error says so. Keys that aren't words (runtime,
 * state_dir, cache_dir, events, evidence, annotations_may_weaken, allow …)
 * can't be set by annotation; unknown ones are errors, as all of the above.
 * Tighter: enforce > audit > off; path > content; strict > enforce > audit >
 * off; deny > seal > trust; deny > audit > allow; refuse > run; container >
 * engine.
 */
MUST_CHECK int config_annotate(struct config *config,
			       const struct json *annotations, struct err *e);

/* The whole, resolved configuration as a document config_merge reads back.
 * NULL when out of memory. */
struct json *config_to_json(const struct config *config);

/* Words of the enums as the document spells them. */
const char *config_mode_name(enum mode mode);
const char *config_match_name(enum match match);
const char *config_libraries_name(enum libraries libraries);
const char *config_scripts_name(enum scripts scripts);
