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
 * Read the specification from standard input, and write it to standard output.
 * Takes config's content. The engine discards this hook's messages. So a
 * container that is refused gets a specification that no runtime accepts and
 * whose error has the reason; -1 if not even that can be written.
 */
MUST_CHECK int precreate(const char *self, struct config *take_config,
			 struct err *e);

/* Refuse whatever comes, for the reason in e. */
MUST_CHECK int precreate_refuse(struct err *e);
