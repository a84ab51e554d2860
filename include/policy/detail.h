/*
 * detail - one sentence for people beside the reason of a decision, where that
 * has two causes that the facts tell apart. Pure.
 */
#pragma once

#include "decision.h"

/* A constant; NULL where the reason says all there is to say. */
const char *detail_choose(const struct config *config,
			  const struct facts *facts,
			  const struct decision *decision);
