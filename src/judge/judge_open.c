#include "judge_open.h"

#include "digests.h"
#include "lineage.h"
#include "mapped.h"
#include "start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	HASH_AT_LEAST = 64 * 1024 * 1024,   /* bytes */
	HASH_EXCEPTED = 1024 * 1024 * 1024, /* if exceptions name digests */
};

/* Map all manifests that the container's record names, and find the size of the
 * largest file. */
static int map_manifests(const struct container *c, struct judge *ret,
			 struct err *e)
{
	ret->hash_limit = HASH_AT_LEAST;
	if (mapped_open(&c->binfmt, &ret->mapped, &ret->binfmt, e) < 0)
		return -1;
	for (size_t i = 0; i < SEALED_FILES; i++) {
		const struct manifest **manifest = &ret->sealed.manifests[i];

		if (mapped_open(&c->manifests[i], &ret->mapped, manifest, e) <
		    0)
			return -1;
		if (*manifest && manifest_largest(*manifest) > ret->hash_limit)
			ret->hash_limit = manifest_largest(*manifest);
	}
	return 0;
}

/* Call found for each entry of all that was sealed, until it returns -1. */
static int each_entry(struct judge *judge,
		      int (*found)(struct judge *judge,
				   const struct entry *entry))
{
	for (size_t part = 0; part < SEALED_FILES; part++) {
		const struct manifest *manifest = judge->sealed.manifests[part];
		size_t count = manifest ? manifest_count(manifest) : 0;

		for (size_t i = 0; i < count; i++) {
			struct entry entry;

			manifest_entry(manifest, i, &entry);
			if (found(judge, &entry) < 0)
				return -1;
		}
	}
	return 0;
}

int judge_compare_sizes(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a;
	uint64_t right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static int learn_size(struct judge *judge, const struct entry *entry)
{
	judge->sizes[judge->size_count++] = entry->identity.size;
	return 0;
}

static int learn_sizes(struct judge *judge, struct err *e)
{
	size_t count = 0;

	for (size_t i = 0; i < SEALED_FILES; i++)
		if (judge->sealed.manifests[i])
			count += manifest_count(judge->sealed.manifests[i]);
	judge->sizes = calloc(count ? count : 1, sizeof(*judge->sizes));
	if (!judge->sizes)
		return err_set(e, ENOMEM, "learn the sizes");
	(void)each_entry(judge, learn_size);
	qsort(judge->sizes, count, sizeof(*judge->sizes), judge_compare_sizes);
	return 0;
}

/* One digest under two names counts as busybox, which looks at its present
 * name; or else as the shell with the fewer known options. */
static enum interpreter both(enum interpreter one, enum interpreter other)
{
	bool other_shell = one == INTERPRETER_OTHER_SHELL ||
			   other == INTERPRETER_OTHER_SHELL;
	bool shell = one == INTERPRETER_SHELL || other == INTERPRETER_SHELL;

	return shell && other_shell ? INTERPRETER_OTHER_SHELL
				    : INTERPRETER_BUSYBOX;
}

static int learn_interpreter(struct judge *judge, const struct entry *entry)
{
	enum interpreter interpreter =
		interpreter_named(entry->path, entry->path_len);
	struct known_interpreter *more;

	if (entry->kind != KIND_ELF || interpreter == INTERPRETER_NONE)
		return 0;
	for (size_t i = 0; i < judge->interpreter_count; i++) {
		struct known_interpreter *known = &judge->interpreters[i];

		if (memcmp(known->digest, entry->digest, DIGEST_SIZE) != 0)
			continue;
		if (known->interpreter != interpreter)
			known->interpreter =
				both(known->interpreter, interpreter);
		return 0;
	}
	more = reallocarray(judge->interpreters, judge->interpreter_count + 1,
			    sizeof(*more));
	if (!more)
		return -1;
	judge->interpreters = more;
	more += judge->interpreter_count++;
	memcpy(more->digest, entry->digest, DIGEST_SIZE);
	more->interpreter = interpreter;
	return 0;
}

int judge_open(const struct container *c, struct judge *ret, struct err *e)
{
	if (map_manifests(c, ret, e) < 0)
		return -1;
	ret->container = c;
	ret->digests = digests_new();
	if (!ret->digests)
		return err_set(e, ENOMEM, "keep what is known of files");
	if (learn_sizes(ret, e) < 0)
		return -1;
	if (c->config.scripts != SCRIPTS_OFF &&
	    each_entry(ret, learn_interpreter) < 0)
		return err_set(e, ENOMEM, "learn the interpreters");
	ret->sealed.stat_trusted = c->stat_trusted;
	for (size_t i = 0; i < c->device_count; i++)
		ret->devices[i] = c->devices[i].seen;
	if (start_matters(c) && !(ret->start = start_new(c)))
		return err_set(e, ENOMEM, "look at the start");
	for (size_t i = 0; i < c->config.allow_count; i++) {
		const struct allow_rule *rule = &c->config.allow[i];

		ret->any_size |= rule->sha256 != NULL;
		if (rule->sha256 && ret->hash_limit < HASH_EXCEPTED)
			ret->hash_limit = HASH_EXCEPTED;
		if (rule->process && !ret->lineage &&
		    !(ret->lineage = lineage_new()))
			return err_set(e, ENOMEM, "follow programs");
	}
	return 0;
}
