#include "seal_below_internal.h"

#include "filesystem.h"
#include "stat.h"
#include "survey.h"

#include <fcntl.h>
#include <stdlib.h>

enum { FILES_TRIED = 4096 };

static bool is_overlay(const char *folder)
{
	OWNED(close_owned) int fd = open(folder, O_PATH | O_CLOEXEC);

	return fd >= 0 && filesystem_is_overlay(fd);
}

static void add_pair(struct container *container, uint64_t walked,
		     uint64_t seen)
{
	for (size_t i = 0; i < container->device_count; i++)
		if (container->devices[i].walked == walked &&
		    container->devices[i].seen == seen)
			return;
	if (container->device_count < MANIFEST_DEVICES_MAX)
		container->devices[container->device_count++] =
			(struct device_pair){walked, seen};
}

static void learn(const char *layer, const struct manifest *manifest,
		  struct container *container)
{
	for (size_t i = 0; i < manifest_count(manifest) && i < FILES_TRIED;
	     i++) {
		struct identity id;
		struct entry entry;

		manifest_entry(manifest, i, &entry);
		if (stat_within(layer, entry.path, &id) == 0 &&
		    identity_same_content(&id, &entry.identity))
			add_pair(container, entry.identity.dev, id.dev);
	}
}

int seal_learn_below(const struct layers *layers, struct container *container,
		     struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	OWNED(free_owned) char *hex = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < layers->lower_count; i++) {
		if (!layers->lower[i] || !is_overlay(layers->lower[i]))
			continue;
		if (!manifest)
			rc = survey_read(
				container->manifests[SEALED_IMAGE].path, &bytes,
				&manifest, &hex, e);
		if (rc == 0)
			learn(layers->lower[i], manifest, container);
	}
	manifest_owned(&manifest);
	buffer_clear(&bytes);
	return rc;
}
