/*
 * release - the end of a container: its supervisor ended, its folder removed,
 * and told what the supervisor couldn't, because its events were lost to the
 * very end.
 */
#pragma once

#include "err.h"
#include "log.h"

#include <stdint.h>

/* News of a container that are left to be told: how many events were lost, the
 * last one among them, and what that one said. */
struct rest {
	uint64_t lost;
	uint64_t hashed_files;
	uint64_t hashed_bytes;
};

/* The supervisor's part, at its end: leave the folder, and this in it. */
MUST_CHECK int release_leave(const char *folder, const struct rest *rest);

/*
 * End the supervisor, if there is one, tell of lost events in a late
 * container-released or else in the log, and remove the folder. Waits for at
 * most 5 s, then kills. Fine where there is nothing. log: NULL where nobody
 * would read it; who comes after tells then.
 */
MUST_CHECK int release_container(const char *folder, const struct log *log,
				 struct err *e);
