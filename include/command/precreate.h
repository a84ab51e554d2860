/*
 * precreate - the OCI-hook way in, for engines whose runtime can't be
 * switched: a hook that gets a container's specification before the plain
 * runtime does, and gives it back rewritten, with the supervisor running.
 * Source: oci-hooks(5) of containers/common, stage "precreate".
 */
#pragma once

#include "config.h"
#include "err.h"

/*
 * From standard input to standard output. Takes config's content. Since what
 * this process says is heard by nobody, the specification of a container that
 * is refused comes back as one that no runtime takes, with the reason in its
 * error; -1 where not even that is possible.
 */
MUST_CHECK int precreate(const char *self, struct config *take_config,
			 struct err *e);

/* Refuse whatever comes, for the reason in e. */
MUST_CHECK int precreate_refuse(struct err *e);
