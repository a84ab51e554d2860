/*
 * answer - what is done about a judgement, and which event tells of it, at
 * each stage of an exec or a mapping. Pure, as decision.h, which says what is
 * drift; nobody else chooses an action.
 */
#pragma once

#include "decision.h"
#include "event.h"

#include <stdbool.h>

/* The result of looking. */
enum outcome {
	OUTCOME_DECIDED, /* a decision was made                 */
	OUTCOME_ERROR,	 /* the call fails with an errno        */
	OUTCOME_PASS,	 /* nothing to judge                    */
	OUTCOME_SLOW,	 /* not at this pace: no answer yet     */
};

enum stage {
	STAGE_REQUEST, /* a program is asked for                            */
	STAGE_CHECK,   /* it is asked whether one would be let run          */
	STAGE_MAPPING, /* memory is to become executable                    */
	STAGE_LOADED,  /* the kernel loaded a program; its process stands   */
	STAGE_OPENED,  /* an interpreter opened its script, and stands      */
	STAGE_MAPPED,  /* a file that a process runs is about to be written */
};

/* Zero refuses: a notification is denied, a process that stands is killed. */
enum deed {
	DEED_REFUSE,
	DEED_SUCCEED,  /* the call returns 0, unseen by the kernel          */
	DEED_CONTINUE, /* the kernel goes on with the call, for good        */
	DEED_PROVE,    /* it goes on, and what it loads is judged once more */
	DEED_FOLLOW,   /* the process runs until its script is open         */
	DEED_RELEASE,  /* the process runs                                  */
};

struct judged {
	enum stage stage;
	enum outcome outcome;
	int error;     /* OUTCOME_ERROR: an errno value; 0: not known       */
	bool reported; /* an event has told already that this exec is drift */
	bool awaits;   /* STAGE_LOADED: a script is still to be opened      */
	const struct facts *facts;	 /* OUTCOME_DECIDED, as the next one */
	const struct decision *decision; /* both are borrowed               */
};

struct answer {
	enum deed deed;
	int error; /* DEED_REFUSE of a notification: what the call fails with */
	bool tells;
	enum action action; /* tells: the event's */
};

/* Any outcome but OUTCOME_SLOW, which is refused. */
void answer_choose(const struct judged *judged, struct answer *ret);
