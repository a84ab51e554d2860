/*
 * release - the end of a container: its supervisor is ended, its folder
 * removed, and the losses are reported that the supervisor couldn't report,
 * because its last events were lost.
 */
#pragma once

#include "err.h"
#include "log.h"

#include <stdint.h>

/* Losses of a container that are still to be reported: the number of lost
 * events, the last one among them, and the content of that one. */
struct rest {
	uint64_t lost;
	uint64_t hashed_files;
	uint64_t hashed_bytes;
};

/* The supervisor's part, at its end: store this in the folder. */
MUST_CHECK int release_leave(const char *folder, const struct rest *rest);

/* End the supervisor, if there is one, report lost events in a late
 * container-released or else in the log, and remove the folder. Waits for at
 * most 5 s, then kills. Succeeds if there is nothing to do. log: NULL if it
 * would not be read; the next command reports them then. */
MUST_CHECK int release_container(const char *folder, const struct log *log,
				 struct err *e);
