#include "volume.h"

#include <stddef.h>

static const char *written_by(const struct volume_facts *facts)
{
	if (facts->storage)
		return "it holds an engine's storage or the container's own "
		       "root file system, or lies in them";
	if (facts->own)
		return "the container writes there by another mount";
	return NULL;
}

static enum volume_rule rule_of(const struct config *config,
				const struct volume_facts *facts)
{
	return facts->read_only && !facts->storage && !facts->own
		       ? config->volumes_read_only
		       : config->volumes_writable;
}

/* The first seal counts for a source that a container can write, or may write
 * in a way that can't be found out, unless only the engine writes it. */
static bool is_lasting(const struct volume_facts *facts)
{
	return !facts->read_only || facts->own ||
	       ((facts->written || facts->untold) && !facts->managed);
}

/* A replaced source gets a first seal of its own only if no container could
 * have replaced it: otherwise a container could have its files sealed. */
static void decide_source(const struct volume_facts *facts,
			  struct volume_plan *ret)
{
	if (!facts->another || ret->seal != VOLUME_SEAL_FIRST)
		return;
	ret->replaces = !facts->replaceable;
	if (facts->replaceable)
		ret->outlasts =
			"it isn't the file or folder any more that its first "
			"seal is of, and a container could have put this one "
			"there, so that the seal counts still: moorctl "
			"manifest forget has the next create seal what is "
			"there";
}

void volume_decide(const struct config *config,
		   const struct volume_facts *facts, struct volume_plan *ret)
{
	enum volume_rule rule = rule_of(config, facts);
	bool parts = rule == VOLUME_TRUST && facts->read_only && facts->holes;

	*ret = (struct volume_plan){0};
	if (facts->read_only && config->volumes_read_only != VOLUME_DENY &&
	    rule != VOLUME_TRUST)
		ret->why = written_by(facts);
	/* With trust, the parts that the container doesn't write are sealed
	 * instead. */
	ret->writable =
		!facts->read_only || facts->storage || facts->own || parts;
	ret->follows = facts->managed && facts->read_only && !facts->own &&
		       !facts->storage && rule != VOLUME_DENY &&
		       config->volumes_managed == MANAGED_FOLLOW;
	if ((rule != VOLUME_SEAL && !parts) || facts->storage)
		return;
	ret->seal = is_lasting(facts) ? VOLUME_SEAL_FIRST : VOLUME_SEAL_ANEW;
	decide_source(facts, ret);
}
