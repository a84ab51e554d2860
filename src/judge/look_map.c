#include "look_internal.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { ADDRESS_BITS = 56 }; /* no process has more to itself */

enum outcome look_at_map(struct look *look, const struct notification *n)
{
	OWNED(close_owned) int fd = -1;
	struct found found;
	struct err e;
	char name[32];

	/* A mapping has no later proof: the present content counts. */
	look->out->facts.proven = true;
	(void)snprintf(name, sizeof(name), "fd/%d", (int)(uint32_t)n->args[4]);
	if (n->args[3] & MAP_ANONYMOUS)
		return OUTCOME_PASS;
	/* If there is no such descriptor, the kernel reports it. Any other
	 * failure is ours, as when we have no descriptors left, and allows
	 * nothing. */
	if (target_open_link(look->target.tid, name, &fd, &e) < 0)
		return e.code == ENOENT ? OUTCOME_PASS
					: look_unresolvable(look);
	look->maps_privately = (n->args[3] & MAP_TYPE) != MAP_SHARED &&
			       (n->args[3] & MAP_TYPE) != MAP_SHARED_VALIDATE;
	return look_at(look, fd, ROLE_LIBRARY, &found);
}

/* Find the files under the pages that are to become executable. Anonymous
 * memory is no file: JITs use it (memory: deny is for that). */
enum outcome look_at_protection(struct look *look, const struct notification *n)
{
	struct mapping mappings[MAPPINGS_MAX];
	uint64_t start = n->compat ? (uint32_t)n->args[0] : n->args[0];
	uint64_t len = n->compat ? (uint32_t)n->args[1] : n->args[1];
	enum outcome outcome = OUTCOME_PASS;
	size_t count;

	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	look->out->facts.proven = true;
	/* The kernel may ignore these bits (arm64's top byte, x86's LAM), and
	 * /proc/PID/maps doesn't show them. */
	if (start >> ADDRESS_BITS)
		return look_unresolvable(look);
	if (len > UINT64_MAX - start)
		len = UINT64_MAX - start;
	if (target_mappings_within(n->tid, start, start + len, mappings, &count,
				   NULL) < 0)
		return look_unresolvable(look);
	for (size_t i = 0; i < count && outcome != OUTCOME_SLOW; i++) {
		enum outcome one;
		struct identity id;

		look->maps_privately = mappings[i].private;
		one = look_at_mapping(look, &mappings[i], ROLE_LIBRARY, &id);
		if (one == OUTCOME_ERROR)
			return look_unresolvable(look);
		if (one != OUTCOME_PASS)
			outcome = one;
	}
	return outcome;
}
