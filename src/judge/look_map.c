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
	return look_at_mappings(look, mappings, count, ROLE_LIBRARY, NULL);
}

static bool is_numbered(const struct mapping *mapping,
			const struct identity *id)
{
	return mapping->dev == id->dev && mapping->ino == id->ino;
}

enum outcome look_at_numbers(struct look *look, const struct mapping *mappings,
			     size_t count, const char *interpreter)
{
	const struct identity exe = look->exe;
	OWNED(close_owned) int fd = -1;
	enum outcome outcome = OUTCOME_DECIDED;
	struct found found;
	struct identity id;
	struct err e;

	for (size_t i = 0; i < count; i++) {
		if (is_numbered(&mappings[i], &exe))
			continue;
		if (fd < 0 &&
		    look_open(look, TARGET_CWD, interpreter, 0, &fd, &e) < 0)
			return look->pace == PACE_FAST && e.code == EAGAIN
				       ? OUTCOME_SLOW
				       : look_unresolvable(look);
		if (stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
		    !is_numbered(&mappings[i], &id) ||
		    !look_is_image(look->judge, id.dev))
			return look_unresolvable(look);
	}
	/* The program has an interpreter, but no other mapping was seen: it
	 * must share the program's numbers. */
	if (interpreter[0] && fd < 0)
		return look_unresolvable(look);
	if (fd >= 0)
		outcome = look_at(look, fd, ROLE_ELF_INTERPRETER, &found);
	return outcome;
}
