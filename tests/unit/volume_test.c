#include "volume.h"

#include "test.h"

static const struct {
	const char *name;
	enum volume_rule read_only, writable;
	enum managed_rule managed;
	struct volume_facts facts;
	enum volume_seal seal;
	bool counts_as_writable, follows, says_why;
} rows[] = {
	{"a read-only volume that nobody writes is sealed at each create",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 false,
	 false},
	{"one that another container writes keeps its first seal",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .written = true},
	 VOLUME_SEAL_FIRST,
	 false,
	 false,
	 false},
	{"one that this container writes elsewhere isn't read-only",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .own = true, .written = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 true},
	{"and is sealed once where writable ones are",
	 VOLUME_SEAL,
	 VOLUME_SEAL,
	 MANAGED_SEAL,
	 {.read_only = true, .own = true},
	 VOLUME_SEAL_FIRST,
	 true,
	 false,
	 true},
	{"one of whose parts it writes is sealed without them",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .holes = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 false,
	 false},
	{"one that holds an engine's storage isn't read",
	 VOLUME_SEAL,
	 VOLUME_SEAL,
	 MANAGED_SEAL,
	 {.read_only = true, .storage = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 true},
	{"read-only volumes that are trusted aren't sealed",
	 VOLUME_TRUST,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .written = true},
	 VOLUME_SEAL_NONE,
	 false,
	 false,
	 false},
	{"trust ends where the container writes a part",
	 VOLUME_TRUST,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .holes = true},
	 VOLUME_SEAL_ANEW,
	 true,
	 false,
	 false},
	{"and where it writes all of it",
	 VOLUME_TRUST,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .own = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 true},
	{"read-only volumes that are drift aren't sealed",
	 VOLUME_DENY,
	 VOLUME_SEAL,
	 MANAGED_FOLLOW,
	 {.read_only = true, .managed = true},
	 VOLUME_SEAL_NONE,
	 false,
	 false,
	 false},
	{"writable volumes are drift",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.written = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 false},
	{"or sealed once",
	 VOLUME_DENY,
	 VOLUME_SEAL,
	 MANAGED_SEAL,
	 {0},
	 VOLUME_SEAL_FIRST,
	 true,
	 false,
	 false},
	{"but not an engine's storage",
	 VOLUME_DENY,
	 VOLUME_SEAL,
	 MANAGED_SEAL,
	 {.storage = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 false},
	{"what only the engine writes is sealed anew, whoever is above it",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_SEAL,
	 {.read_only = true, .managed = true, .written = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 false,
	 false},
	{"and followed where policy says so",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_FOLLOW,
	 {.read_only = true, .managed = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 true,
	 false},
	{"not where the container writes it as well",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_FOLLOW,
	 {.read_only = true, .managed = true, .own = true},
	 VOLUME_SEAL_NONE,
	 true,
	 false,
	 true},
	{"nor where it isn't read-only",
	 VOLUME_SEAL,
	 VOLUME_SEAL,
	 MANAGED_FOLLOW,
	 {.managed = true},
	 VOLUME_SEAL_FIRST,
	 true,
	 false,
	 false},
	{"nor any other volume",
	 VOLUME_SEAL,
	 VOLUME_DENY,
	 MANAGED_FOLLOW,
	 {.read_only = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 false,
	 false},
};

/* A seal is kept of another source than is there. */
static const struct {
	const char *name;
	struct volume_facts facts;
	enum volume_seal seal;
	bool replaces, says_why;
} sources[] = {
	{"a first seal is of the source that is there",
	 {.read_only = true, .written = true},
	 VOLUME_SEAL_FIRST,
	 false,
	 false},
	{"the operator's new source has a first seal of its own",
	 {.read_only = true, .written = true, .another = true},
	 VOLUME_SEAL_FIRST,
	 true,
	 false},
	{"so has a writable one",
	 {.another = true},
	 VOLUME_SEAL_FIRST,
	 true,
	 false},
	{"one that a container can have put there has not",
	 {.read_only = true,
	  .written = true,
	  .another = true,
	  .replaceable = true},
	 VOLUME_SEAL_FIRST,
	 false,
	 true},
	{"nor has a writable one",
	 {.another = true, .replaceable = true},
	 VOLUME_SEAL_FIRST,
	 false,
	 true},
	{"what is sealed at each create has no first seal to give up",
	 {.read_only = true, .another = true},
	 VOLUME_SEAL_ANEW,
	 false,
	 false},
	{"an engine's storage isn't sealed, whatever was there",
	 {.storage = true, .another = true},
	 VOLUME_SEAL_NONE,
	 false,
	 false},
};

static void test_sources(void)
{
	const struct config config = {.volumes_read_only = VOLUME_SEAL,
				      .volumes_writable = VOLUME_SEAL};

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct volume_plan plan;

		volume_decide(&config, &sources[i].facts, &plan);
		CHECK(sources[i].name, plan.seal == sources[i].seal);
		CHECK(sources[i].name, plan.replaces == sources[i].replaces);
		CHECK(sources[i].name,
		      (plan.outlasts != NULL) == sources[i].says_why);
	}
}

int main(void)
{
	test_sources();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct config config = {
			.volumes_read_only = rows[i].read_only,
			.volumes_writable = rows[i].writable,
			.volumes_managed = rows[i].managed,
		};
		struct volume_plan plan;

		volume_decide(&config, &rows[i].facts, &plan);
		CHECK(rows[i].name, plan.seal == rows[i].seal);
		CHECK(rows[i].name,
		      plan.writable == rows[i].counts_as_writable);
		CHECK(rows[i].name, plan.follows == rows[i].follows);
		CHECK(rows[i].name, (plan.why != NULL) == rows[i].says_why);
	}
	TEST_END();
}
