/*
 * config_internal - the one table of the configuration's keys, which reading,
 * annotations and writing follow; private to config*.c.
 */
#pragma once

#include "config.h"

enum key_kind {
	KEY_WORD,     /* one of words; the field is an enum, counted alike */
	KEY_FLAG,     /* true or false */
	KEY_SIZE,     /* bytes */
	KEY_NUMBER,   /* in the unit of the key */
	KEY_PATH,     /* an absolute path */
	KEY_RUNTIME,  /* a program's name or its absolute path; may be unset */
	KEY_ALLOW,    /* the list of exceptions */
	KEY_GLOBS,    /* a list of globs for absolute paths */
	KEY_WEAKEN,   /* the list of keys that annotations may loosen */
	KEY_POLICIES, /* the list of policies for workloads */
};

/* The places where a key may be set, besides the configuration file. */
enum key_scope {
	SCOPE_HOST,	 /* nowhere */
	SCOPE_WORKLOAD,	 /* in a policy for a workload */
	SCOPE_CONTAINER, /* in both, and by a container's annotation */
};

struct config_key {
	const char *path; /* "volumes.writable" */
	enum key_kind kind;
	size_t field;		  /* in struct config */
	const char *const *words; /* NULL-terminated */
	uint64_t standard;	  /* default of a word, flag or size */
	const char *unavailable;  /* a word whose behaviour isn't implemented */
	enum key_scope scope;
	bool last_is_tightest; /* the last of words; else the first */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;

/* The keys of one exception, allow[n].path and so on. */
struct config_allow_field {
	const char *name;
	size_t field; /* in struct allow_rule */
	bool digest;  /* a digest; else a glob for an absolute path */
};

extern const struct config_allow_field config_allow_fields[];
extern const size_t config_allow_field_count;

/* NULL if there is no such key. */
const struct config_key *config_key_find(const char *path);

unsigned config_key_get_word(const struct config_key *key,
			     const struct config *config);
void config_key_set_word(const struct config_key *key, struct config *config,
			 unsigned word);

/* The text of a string; NULL, and e, where value is none. */
const char *config_read_text(const struct json *value, const char *place,
			     struct err *e);

/* The index of text among the words. Errors begin with place. */
MUST_CHECK int config_key_parse_word(const struct config_key *key,
				     const char *text, const char *place,
				     unsigned *ret, struct err *e);

/* Two parsers may read an ambiguous object differently: refuse it. */
MUST_CHECK int config_check_single(const struct json *object, const char *key,
				   const char *place, struct err *e);

/* Read the value of the key policies, which replaces the policies of config. */
MUST_CHECK int config_read_policies(struct config *config,
				    const struct json *array, struct err *e);

/* The same as config_merge, for the keys of a policy. */
MUST_CHECK int config_merge_layer(struct config *config,
				  const struct json *document,
				  enum config_origin origin, struct err *e);

void config_policies_free(struct policy *policies, size_t count);
void config_allow_free(struct allow_rule *rules, size_t count);
void config_list_free(char **list, size_t count);
