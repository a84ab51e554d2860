/*
 * phase - the states of the supervisor: it waits for the container's listener,
 * serves listeners, finishes its work when all hung up, and ends. Pure.
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
	NOTHING_LEFT, /* no target, no job, and the command has ended */
	GIVEN_UP,     /* the container won't be created */
	TERMINATED,   /* by a signal: poststop, delete                   */
	HAPPENING_COUNT,
};

enum phase phase_next(enum phase phase, enum happening happening);
