#include "answer.h"

#include <errno.h>

static bool is_script(const struct judged *judged)
{
	size_t file = judged->decision->file;

	return file < judged->facts->count &&
	       judged->facts->files[file].role == ROLE_SCRIPT;
}

static bool is_mapping(enum stage stage)
{
	return stage == STAGE_MAPPING || stage == STAGE_MAPPED;
}

static bool stands(enum stage stage)
{
	return stage == STAGE_LOADED || stage == STAGE_OPENED ||
	       stage == STAGE_MAPPED;
}

static enum action let_action(const struct judged *judged)
{
	if (is_script(judged))
		return ACTION_SCRIPT_FLAGGED;
	return is_mapping(judged->stage) ? ACTION_LIBRARY_FLAGGED
					 : ACTION_EXEC_FLAGGED;
}

static enum action refused_action(const struct judged *judged)
{
	if (stands(judged->stage))
		return ACTION_RACE_KILLED;
	if (is_script(judged))
		return ACTION_SCRIPT_BLOCKED;
	return is_mapping(judged->stage) ? ACTION_LIBRARY_BLOCKED
					 : ACTION_EXEC_BLOCKED;
}

/* An exec that couldn't be judged in time, or whose process couldn't be seized,
 * continues unproven: that happens only with audit, "traced: allow" and a
 * tracer from outside. */
static enum deed let_deed(const struct judged *judged)
{
	switch (judged->stage) {
	case STAGE_REQUEST:
		return judged->facts->unheld || judged->facts->timed_out
			       ? DEED_CONTINUE
			       : DEED_PROVE;
	case STAGE_CHECK:
		return DEED_SUCCEED;
	case STAGE_MAPPING:
		return DEED_CONTINUE;
	case STAGE_LOADED:
		return judged->awaits ? DEED_FOLLOW : DEED_RELEASE;
	case STAGE_OPENED:
	case STAGE_MAPPED:
		return DEED_RELEASE;
	}
	return DEED_REFUSE;
}

/* If there is nothing to judge, the kernel gives the result itself. A loaded
 * program that can't be found any more is dying; a script that is no file is a
 * pipe. */
static enum deed pass_deed(enum stage stage)
{
	switch (stage) {
	case STAGE_REQUEST:
	case STAGE_CHECK:
	case STAGE_MAPPING:
		return DEED_CONTINUE;
	case STAGE_OPENED:
		return DEED_RELEASE;
	case STAGE_LOADED:
	case STAGE_MAPPED:
		break;
	}
	return DEED_REFUSE;
}

static void choose_decided(const struct judged *judged, struct answer *ret)
{
	const struct decision *decision = judged->decision;

	if (decision->verdict != VERDICT_ALLOW) {
		ret->tells = true;
		ret->action = refused_action(judged);
		return;
	}
	ret->deed = let_deed(judged);
	ret->tells = !judged->reported && (decision->reason != REASON_NONE ||
					   decision->allow_rule >= 0);
	ret->action = let_action(judged);
}

void answer_choose(const struct judged *judged, struct answer *ret)
{
	*ret = (struct answer){.error = EACCES};
	switch (judged->outcome) {
	case OUTCOME_DECIDED:
		choose_decided(judged, ret);
		break;
	case OUTCOME_ERROR:
		if (judged->error)
			ret->error = judged->error;
		break;
	case OUTCOME_PASS:
		ret->deed = pass_deed(judged->stage);
		break;
	case OUTCOME_SLOW:
		break;
	}
}
