/*
 * answer - chooses the action after a judgement, and its event, at each stage
 * of an exec or a mapping. Pure, like decision.h, which decides what is drift;
 * no other module chooses an action.
 */
#pragma once

#include "action.h"
#include "decision.h"

#include <stdbool.h>

/* The result of an inspection. */
enum outcome {
	OUTCOME_DECIDED, /* a decision was made                 */
	OUTCOME_ERROR,	 /* the call fails with an errno        */
	OUTCOME_PASS,	 /* nothing to judge                    */
	OUTCOME_SLOW,	 /* not possible at this pace: no answer yet */
};

enum stage {
	STAGE_REQUEST, /* a program is requested */
	STAGE_CHECK,   /* a caller asks whether a program may run */
	STAGE_MAPPING, /* memory is to become executable                    */
	STAGE_LOADED,  /* the kernel loaded a program; its process is stopped */
	STAGE_OPENED,  /* an interpreter opened its script, and is stopped */
	STAGE_MAPPED,  /* a file that a process runs is about to be written */
};

/* Zero refuses: a notification is denied, a stopped process is killed. */
enum deed {
	DEED_REFUSE,
	DEED_SUCCEED,  /* the call returns 0, unseen by the kernel          */
	DEED_CONTINUE, /* the kernel goes on with the call; nothing follows */
	DEED_PROVE,   /* the kernel goes on, and the loaded file is judged again
		       */
	DEED_FOLLOW,  /* the process runs until its script is open         */
	DEED_RELEASE, /* the process runs                                  */
};

struct judged {
	enum stage stage;
	enum outcome outcome;
	int error;     /* OUTCOME_ERROR: an errno value; 0: not known       */
	bool reported; /* an event has recorded already that this exec is drift
			*/
	bool awaits;   /* STAGE_LOADED: a script is still to be opened      */
	const struct facts *facts;	 /* OUTCOME_DECIDED, as the next one */
	const struct decision *decision; /* both are borrowed               */
};

struct answer {
	enum deed deed;
	int error; /* DEED_REFUSE of a notification: the call's errno value */
	bool tells;
	enum action action; /* of the event, if there is one */
};

/* Choose for any outcome; OUTCOME_SLOW is refused. */
void answer_choose(const struct judged *judged, struct answer *ret);
