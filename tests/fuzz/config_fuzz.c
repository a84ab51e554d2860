/*
 * A configuration, and behind a record separator (0x1e) annotations: a merged
 * configuration is written and merged back the same, the policy of a workload
 * leaves the host's keys and all exceptions, and annotations loosen nothing
 * that may_weaken doesn't list.
 */
#include "config.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void config_owned(struct config *config)
{
	config_clear(config);
}

static void start(struct config *config)
{
	const struct config_home home = {.home = "/root"};

	require(config_init(config, &home, NULL) == 0);
}

static bool same(const struct config *a, const struct config *b)
{
	OWNED(json_owned) struct json *first = config_to_json(a);
	OWNED(json_owned) struct json *second = config_to_json(b);

	return first && second && json_equal(first, second);
}

static void require_round_trip(const struct config *config)
{
	OWNED(json_owned) struct json *document = config_to_json(config);
	OWNED(config_owned) struct config again = {0};

	start(&again);
	require(document && config_merge(&again, document, NULL) == 0);
	require(same(config, &again));
}

static void require_no_looser(const struct config *now,
			      const struct config *before)
{
	require(now->mode <= before->mode);
	require(now->match >= before->match);
	require(now->libraries <= before->libraries);
	require(now->scripts <= before->scripts);
	require(now->memory <= before->memory);
	require(now->memfd <= before->memfd);
	require(now->hooks <= before->hooks);
	require(now->binfmt <= before->binfmt);
	require(now->exec_sessions <= before->exec_sessions);
	require(now->volumes_read_only <= before->volumes_read_only);
	require(now->volumes_writable <= before->volumes_writable);
	require(now->traced <= before->traced);
	require(now->on_unprotectable <= before->on_unprotectable);
	require(now->allow_count == before->allow_count);
	require(strcmp(now->state_dir, before->state_dir) == 0);
}

/* A policy that was read can be merged, since it was checked. */
static void require_choice(struct config *config)
{
	const struct workload workload = {.image = "docker.io/library/a:1",
					  .namespace = "a",
					  .pod = "a-b",
					  .container = "b",
					  .runtime = "runc"};
	size_t rules = config->allow_count;

	require(config_choose(config, &workload, NULL) == 0);
	require(config->allow_base == rules && config->allow_count >= rules);
	require(!config->policy_count);
	require_round_trip(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0x1e, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	OWNED(json_owned) struct json *document = NULL;
	OWNED(json_owned) struct json *annotations = NULL;
	OWNED(config_owned) struct config config = {0};
	OWNED(config_owned) struct config before = {0};
	struct err e = {0};

	start(&config);
	start(&before);
	if (json_parse((const char *)data, len, &document, &e) < 0)
		return 0;
	if (config_merge(&config, document, &e) < 0) {
		require(e.code && *e.text);
		return 0;
	}
	require_round_trip(&config);
	require(config_merge(&before, document, &e) == 0);
	require(same(&config, &before));
	require_choice(&config);
	require_choice(&before);
	if (!end || json_parse((const char *)end + 1, size - len - 1,
			       &annotations, &e) < 0)
		return 0;
	if (config_annotate(&config, annotations, &e) < 0)
		require(e.code && *e.text);
	require_round_trip(&config);
	if (!config.may_weaken_count)
		require_no_looser(&config, &before);
	return 0;
}
