/*
 * prepare - all steps that protect a container before a runtime creates it: its
 * specification is read, its folder claimed, its image sealed, its supervisor
 * started. runmoor's own create and run use it, and the precreate hook.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "log.h"
#include "spec.h"

/* The identity of the container. Borrowed strings. */
struct owner {
	const char *id;
	const char *root;    /* the runtime's --root; NULL: not given  */
	const char *bundle;  /* absolute */
	const char *runtime; /* absolute, or a word instead */
	const char *config;  /* the specification's name in messages */
	const char *self;    /* folder of our own programs             */
	const struct log *log;
	bool poststop; /* the specification gets the poststop hook */
};

struct prepared {
	struct spec *spec;
	struct container container; /* its config is set beforehand */
	char *folder;		    /* the container's; NULL until made */
	char *socket;
	int supervisor; /* our end of its READY socket; -1 */
};

void prepared_clear(struct prepared *prepared);

/* Put the container's identity into its record, and merge the policy for such a
 * workload and the container's annotations into the configuration. The
 * specification has been parsed. An owner without an id isn't known: that is no
 * error if there are no policies. */
MUST_CHECK int prepare_policy(struct prepared *prepared,
			      const struct owner *owner, struct err *e);

/* Describe the container in its record, and claim its folder. */
MUST_CHECK int prepare_folder(struct prepared *prepared,
			      const struct owner *owner, struct err *e);

/* Rewrite the specification, in memory. Fails if the container can't be
 * protected on this machine, or with such a specification. */
MUST_CHECK int prepare_protection(struct prepared *prepared,
				  const struct owner *owner, struct err *e);

/* Seal, and start the supervisor, which is ready then. */
MUST_CHECK int prepare_supervisor(struct prepared *prepared,
				  const struct owner *owner, struct err *e);
