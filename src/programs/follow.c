#include "follow.h"

#include "proof.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

struct follow {
	struct awaited awaited;
	bool opening; /* the call under way opens one of them */
};

struct follow *follow_new(const struct awaited *awaited)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (follow)
		follow->awaited = *awaited;
	return follow;
}

/* Interpreters open a script by the name they were given, by an absolute one,
 * or by what links lead to: the last part is one of those known. */
static bool is_awaited(const struct follow *follow, pid_t tid, uint64_t address)
{
	struct target target;
	char path[PATH_MAX];
	const char *slash;
	const char *name = path;

	target_init(&target, tid, NULL, 0);
	if (target_read_string(&target, address, path, sizeof(path), NULL) < 0)
		return false;
	slash = strrchr(path, '/');
	if (slash)
		name = slash + 1;
	for (unsigned i = 0; i < follow->awaited.name_count; i++)
		if (strcmp(follow->awaited.names[i], name) == 0)
			return true;
	return false;
}

enum follow_step follow_step(struct follow *follow, pid_t tid, int *ret_fd)
{
	struct proof_call call;
	bool opened;

	if (!proof_call_of(tid, &call))
		return FOLLOW_ON;
	if (call.began) {
		follow->opening =
			call.opens && is_awaited(follow, tid, call.path);
		return FOLLOW_ON;
	}
	opened = follow->opening && call.result >= 0;
	follow->opening = false;
	*ret_fd = (int)call.result;
	return opened ? FOLLOW_OPENED : FOLLOW_ON;
}

bool follow_allowed(struct follow *follow)
{
	if (follow->awaited.left)
		follow->awaited.left--;
	return follow->awaited.left == 0;
}
