#include "doctor_internal.h"

#include "seals.h"
#include "text.h"

#include <stdlib.h>

void doctor_volumes_cut(struct findings *findings,
			const struct container *container)
{
	for (size_t i = 0; i < json_count(container->volumes_cut); i++) {
		OWNED(free_owned) char *name = NULL;
		OWNED(free_owned) char *sentence = NULL;
		const char *destination;

		if (!json_string(json_at(container->volumes_cut, i),
				 &destination))
			continue;
		name = text_format("volume %s of container %s", destination,
				   container->id);
		sentence = text_format(
			"it holds more than volumes.limit lets a create "
			"read, and programs that are over aren't sealed: "
			"they are drift. Mount a smaller part, or raise "
			"the limit; then moorctl manifest forget %s, and "
			"start it anew",
			container->id);
		if (name && sentence)
			findings_add(findings, FINDING_WEAK, "volume", name,
				     sentence);
	}
}

struct kept {
	size_t seals;
	size_t workloads;
	size_t cut;
};

static bool count(void *context, const char *folder, const struct json *record)
{
	struct kept *kept = context;

	(void)folder;
	kept->workloads++;
	kept->seals += json_count(json_get(record, SEALS_SOURCES));
	kept->cut += json_count(json_get(record, SEALS_CUT));
	return true;
}

void doctor_seals(struct findings *findings, const struct config *config)
{
	OWNED(free_owned) char *name = NULL;
	OWNED(free_owned) char *sentence = NULL;
	struct kept kept = {0};

	seals_each(config->cache_dir, count, &kept);
	name = text_format("seals of volumes: %zu kept, of %zu workloads",
			   kept.seals, kept.workloads);
	if (kept.cut)
		sentence = text_format(
			"volumes.limit cut %zu of them off, and where "
			"containers can write they stay so: moorctl manifest "
			"list marks them, moorctl manifest forget has them "
			"made anew",
			kept.cut);
	if (name)
		findings_add(findings, kept.cut ? FINDING_WEAK : FINDING_OK,
			     "volume", name, sentence);
}
