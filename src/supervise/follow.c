#include "follow_internal.h"

#include "proof.h"
#include "target.h"

#include <stdlib.h>
#include <string.h>

struct follow {
	struct awaited awaited;
	bool opening; /* the call under way seems to open one of them */
	bool counts;  /* it is the open of the script itself */
};

struct follow *follow_new(const struct awaited *awaited)
{
	struct follow *follow = calloc(1, sizeof(*follow));

	if (follow)
		follow->awaited = *awaited;
	return follow;
}

void follow_free(struct follow *follow)
{
	free(follow);
}

/*
 * Each file whose last name part is that of an awaited script is judged. It
 * counts as the script only if the whole name is the same and ld.so isn't the
 * opener: a library, which is opened earlier, may have the script's name.
 */
static void take_name(struct follow *follow, pid_t tid, uint64_t address,
		      uint64_t code)
{
	const struct awaited *awaited = &follow->awaited;
	struct target target;
	char path[PATH_MAX];

	target_init(&target, tid, NULL, 0);
	if (target_read_string(&target, address, path, sizeof(path), NULL) < 0)
		return;
	for (unsigned i = 0; i < awaited->name_count; i++) {
		const struct awaited_name *name = &awaited->names[i];

		if (strcmp(basename(name->path), basename(path)) != 0)
			continue;
		follow->opening = true;
		follow->counts |= name->counts && strcmp(name->path, path) == 0;
	}
	if (follow->counts &&
	    target_loader_has(tid, code, follow->awaited.by_loader))
		follow->counts = false;
}

enum follow_step follow_step(struct follow *follow, pid_t tid, int *ret_fd)
{
	struct proof_call call;
	bool opened;

	if (!proof_call_of(tid, &call))
		return FOLLOW_ON;
	if (call.began) {
		follow->opening = false;
		follow->counts = false;
		if (call.opens)
			take_name(follow, tid, call.path, call.code);
		return FOLLOW_ON;
	}
	opened = follow->opening && call.result >= 0;
	follow->opening = false;
	*ret_fd = (int)call.result;
	return opened ? FOLLOW_OPENED : FOLLOW_ON;
}

bool follow_allowed(struct follow *follow)
{
	if (follow->counts && follow->awaited.left)
		follow->awaited.left--;
	follow->counts = false;
	return follow->awaited.left == 0;
}
