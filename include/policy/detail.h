/*
 * detail - one sentence for people beside the reason of a decision, if that has
 * several causes that the facts distinguish. Pure.
 */
#pragma once

#include "decision.h"

/* A constant string; NULL if the reason is enough. */
const char *detail_choose(const struct config *config,
			  const struct facts *facts,
			  const struct decision *decision);
