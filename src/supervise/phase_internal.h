/*
 * phase - the supervisor's life: it waits for the container's listener, serves
 * listeners, sees to what is left when all hung up, and ends. Pure.
 */
#pragma once

enum phase {
	PHASE_AWAIT, /* no listener has come yet                  */
	PHASE_SERVE, /* there are listeners that have tasks       */
	PHASE_DRAIN, /* all hung up; targets or jobs may be left  */
	PHASE_EXIT,
	PHASE_COUNT,
};

enum happening {
	A_LISTENER_CAME,
	ALL_HUNG_UP,
	NOTHING_LEFT, /* no target, no job, and the command is through   */
	GIVEN_UP,     /* whoever was to create the container won't       */
	TERMINATED,   /* by a signal: poststop, delete                   */
	HAPPENING_COUNT,
};

enum phase phase_next(enum phase phase, enum happening happening);
