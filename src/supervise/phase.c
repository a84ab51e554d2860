#include "phase_internal.h"

/* The table is drawn in docs/architecture.md. */
static const enum phase next[PHASE_COUNT][HAPPENING_COUNT] = {
	[PHASE_AWAIT] =
		{
			[A_LISTENER_CAME] = PHASE_SERVE,
			[ALL_HUNG_UP] = PHASE_AWAIT,
			[NOTHING_LEFT] = PHASE_AWAIT,
			[GIVEN_UP] = PHASE_EXIT,
			[TERMINATED] = PHASE_EXIT,
		},
	[PHASE_SERVE] =
		{
			[A_LISTENER_CAME] = PHASE_SERVE,
			[ALL_HUNG_UP] = PHASE_DRAIN,
			[NOTHING_LEFT] = PHASE_SERVE,
			[GIVEN_UP] = PHASE_SERVE,
			[TERMINATED] = PHASE_EXIT,
		},
	[PHASE_DRAIN] =
		{
			[A_LISTENER_CAME] = PHASE_SERVE,
			[ALL_HUNG_UP] = PHASE_DRAIN,
			[NOTHING_LEFT] = PHASE_EXIT,
			[GIVEN_UP] = PHASE_DRAIN,
			[TERMINATED] = PHASE_EXIT,
		},
	[PHASE_EXIT] =
		{
			[A_LISTENER_CAME] = PHASE_EXIT,
			[ALL_HUNG_UP] = PHASE_EXIT,
			[NOTHING_LEFT] = PHASE_EXIT,
			[GIVEN_UP] = PHASE_EXIT,
			[TERMINATED] = PHASE_EXIT,
		},
};

enum phase phase_next(enum phase phase, enum happening happening)
{
	return next[phase][happening];
}
