#include "answer.h"

#include "test.h"

#include <errno.h>

#define FILE_OF(what) .count = 1, .files = {{.role = (what)}}

#define ALLOWED	 .verdict = VERDICT_ALLOW, .allow_rule = -1
#define EXCEPTED .verdict = VERDICT_ALLOW, .allow_rule = 3
#define FLAGGED(why)                                                           \
	.verdict = VERDICT_ALLOW, .flagged = true, .reason = (why),            \
	.allow_rule = -1
#define DENIED(why) .reason = (why), .allow_rule = -1

#define QUIET(what)                                                            \
	{                                                                      \
		.deed = (what), .error = EACCES                                \
	}
#define TELLS(what, which)                                                     \
	{                                                                      \
		.deed = (what), .error = EACCES, .tells = true,                \
		.action = (which)                                              \
	}

struct row {
	const char *name;
	struct judged judged; /* without facts and decision */
	struct facts facts;
	struct decision decision;
	struct answer want;
};

static const struct row refused[] = {
	{"a program that is drift",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_PROGRAM)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_EXEC_BLOCKED)},
	{"a program that couldn't be judged in time",
	 {.stage = STAGE_REQUEST},
	 {.timed_out = true},
	 {DENIED(REASON_TIMEOUT)},
	 TELLS(DEED_REFUSE, ACTION_EXEC_BLOCKED)},
	{"a program whose process can't be seized",
	 {.stage = STAGE_REQUEST},
	 {.judged = true, .unheld = true, .traced = true},
	 {DENIED(REASON_TRACED)},
	 TELLS(DEED_REFUSE, ACTION_EXEC_BLOCKED)},
	{"a script that a shell is to be started with",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_SCRIPT)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_SCRIPT_BLOCKED)},
	{"a script that an interpreter asks of",
	 {.stage = STAGE_CHECK},
	 {FILE_OF(ROLE_PROGRAM)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_EXEC_BLOCKED)},
	{"a library",
	 {.stage = STAGE_MAPPING},
	 {FILE_OF(ROLE_LIBRARY)},
	 {DENIED(REASON_MODIFIED)},
	 TELLS(DEED_REFUSE, ACTION_LIBRARY_BLOCKED)},
	{"a mapping that couldn't be judged in time",
	 {.stage = STAGE_MAPPING},
	 {.maps = true, .timed_out = true},
	 {DENIED(REASON_TIMEOUT)},
	 TELLS(DEED_REFUSE, ACTION_LIBRARY_BLOCKED)},
	{"a program that was loaded, and wasn't asked for",
	 {.stage = STAGE_LOADED},
	 {FILE_OF(ROLE_PROGRAM)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"a loaded program, though an event told of it already",
	 {.stage = STAGE_LOADED, .reported = true},
	 {FILE_OF(ROLE_PROGRAM)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"a loaded program that couldn't be judged in time",
	 {.stage = STAGE_LOADED},
	 {.proven = true, .timed_out = true},
	 {DENIED(REASON_TIMEOUT)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"a loaded interpreter's script",
	 {.stage = STAGE_LOADED},
	 {FILE_OF(ROLE_SCRIPT)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"a script that was opened",
	 {.stage = STAGE_OPENED},
	 {FILE_OF(ROLE_SCRIPT)},
	 {DENIED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"a library under its writer",
	 {.stage = STAGE_MAPPED},
	 {.overwritten = true, FILE_OF(ROLE_LIBRARY)},
	 {DENIED(REASON_WRITABLE)},
	 TELLS(DEED_REFUSE, ACTION_RACE_KILLED)},
	{"what fails by itself, with what the kernel would say",
	 {.stage = STAGE_REQUEST, .outcome = OUTCOME_ERROR, .error = ENOENT},
	 {0},
	 {0},
	 {.error = ENOENT}},
	{"what fails, nobody knows why",
	 {.stage = STAGE_MAPPING, .outcome = OUTCOME_ERROR},
	 {0},
	 {0},
	 QUIET(DEED_REFUSE)},
	{"an error leaves nothing to a decision of before",
	 {.stage = STAGE_REQUEST, .outcome = OUTCOME_ERROR},
	 {0},
	 {ALLOWED},
	 QUIET(DEED_REFUSE)},
	{"what wasn't looked at yet",
	 {.stage = STAGE_REQUEST, .outcome = OUTCOME_SLOW},
	 {0},
	 {ALLOWED},
	 QUIET(DEED_REFUSE)},
	{"a loaded program that wasn't looked at yet",
	 {.stage = STAGE_LOADED, .outcome = OUTCOME_SLOW},
	 {0},
	 {ALLOWED},
	 QUIET(DEED_REFUSE)},
	{"a program whose process is dying",
	 {.stage = STAGE_LOADED, .outcome = OUTCOME_PASS},
	 {0},
	 {ALLOWED},
	 QUIET(DEED_REFUSE)},
};

static const struct row flagged[] = {
	{"a program that is drift",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_PROGRAM)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_PROVE, ACTION_EXEC_FLAGGED)},
	{"a program that couldn't be looked at",
	 {.stage = STAGE_REQUEST},
	 {.unresolvable = true},
	 {FLAGGED(REASON_UNRESOLVABLE)},
	 TELLS(DEED_PROVE, ACTION_EXEC_FLAGGED)},
	{"a program that couldn't be judged in time, which no proof is to "
	 "delay",
	 {.stage = STAGE_REQUEST},
	 {.timed_out = true},
	 {FLAGGED(REASON_TIMEOUT)},
	 TELLS(DEED_CONTINUE, ACTION_EXEC_FLAGGED)},
	{"a program whose process can't be seized",
	 {.stage = STAGE_REQUEST},
	 {.judged = true, .unheld = true, .unresolvable = true},
	 {FLAGGED(REASON_UNRESOLVABLE)},
	 TELLS(DEED_CONTINUE, ACTION_EXEC_FLAGGED)},
	{"a script",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_SCRIPT)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_PROVE, ACTION_SCRIPT_FLAGGED)},
	{"a loaded interpreter's script",
	 {.stage = STAGE_LOADED},
	 {FILE_OF(ROLE_SCRIPT)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_RELEASE, ACTION_SCRIPT_FLAGGED)},
	{"a script that was opened",
	 {.stage = STAGE_OPENED},
	 {FILE_OF(ROLE_SCRIPT)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_RELEASE, ACTION_SCRIPT_FLAGGED)},
	{"a loaded program",
	 {.stage = STAGE_LOADED},
	 {FILE_OF(ROLE_PROGRAM)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_RELEASE, ACTION_EXEC_FLAGGED)},
	{"a loaded program of which an event told",
	 {.stage = STAGE_LOADED, .reported = true},
	 {FILE_OF(ROLE_PROGRAM)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 QUIET(DEED_RELEASE)},
	{"a loaded program that couldn't be judged in time",
	 {.stage = STAGE_LOADED},
	 {.proven = true, .timed_out = true},
	 {FLAGGED(REASON_TIMEOUT)},
	 TELLS(DEED_RELEASE, ACTION_EXEC_FLAGGED)},
	{"a library",
	 {.stage = STAGE_MAPPING},
	 {FILE_OF(ROLE_LIBRARY)},
	 {FLAGGED(REASON_NOT_IN_IMAGE)},
	 TELLS(DEED_CONTINUE, ACTION_LIBRARY_FLAGGED)},
	{"a mapping that couldn't be judged in time",
	 {.stage = STAGE_MAPPING},
	 {.maps = true, .timed_out = true},
	 {FLAGGED(REASON_TIMEOUT)},
	 TELLS(DEED_CONTINUE, ACTION_LIBRARY_FLAGGED)},
	{"a library under its writer",
	 {.stage = STAGE_MAPPED},
	 {.overwritten = true, FILE_OF(ROLE_LIBRARY)},
	 {FLAGGED(REASON_WRITABLE)},
	 TELLS(DEED_RELEASE, ACTION_LIBRARY_FLAGGED)},
	{"an exception for a program",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_PROGRAM)},
	 {EXCEPTED},
	 TELLS(DEED_PROVE, ACTION_EXEC_FLAGGED)},
	{"an exception for a library",
	 {.stage = STAGE_MAPPING},
	 {FILE_OF(ROLE_LIBRARY)},
	 {EXCEPTED},
	 TELLS(DEED_CONTINUE, ACTION_LIBRARY_FLAGGED)},
};

static const struct row allowed[] = {
	{"a program",
	 {.stage = STAGE_REQUEST},
	 {FILE_OF(ROLE_PROGRAM)},
	 {ALLOWED},
	 QUIET(DEED_PROVE)},
	{"a program whose process another traces, where that is allowed",
	 {.stage = STAGE_REQUEST},
	 {.judged = true, .unheld = true, .traced = true},
	 {ALLOWED},
	 QUIET(DEED_CONTINUE)},
	{"a script that an interpreter asks of",
	 {.stage = STAGE_CHECK},
	 {FILE_OF(ROLE_PROGRAM)},
	 {ALLOWED},
	 QUIET(DEED_SUCCEED)},
	{"a library",
	 {.stage = STAGE_MAPPING},
	 {FILE_OF(ROLE_LIBRARY)},
	 {ALLOWED},
	 QUIET(DEED_CONTINUE)},
	{"a loaded program",
	 {.stage = STAGE_LOADED},
	 {FILE_OF(ROLE_PROGRAM)},
	 {ALLOWED},
	 QUIET(DEED_RELEASE)},
	{"a loaded program that a script is still to be opened by",
	 {.stage = STAGE_LOADED, .awaits = true},
	 {FILE_OF(ROLE_PROGRAM)},
	 {ALLOWED},
	 QUIET(DEED_FOLLOW)},
	{"a script that was opened",
	 {.stage = STAGE_OPENED},
	 {FILE_OF(ROLE_SCRIPT)},
	 {ALLOWED},
	 QUIET(DEED_RELEASE)},
	{"nothing to judge of a program",
	 {.stage = STAGE_REQUEST, .outcome = OUTCOME_PASS},
	 {0},
	 {0},
	 QUIET(DEED_CONTINUE)},
	{"nothing to judge of a mapping",
	 {.stage = STAGE_MAPPING, .outcome = OUTCOME_PASS},
	 {0},
	 {0},
	 QUIET(DEED_CONTINUE)},
	{"a pipe that an interpreter opened",
	 {.stage = STAGE_OPENED, .outcome = OUTCOME_PASS},
	 {0},
	 {0},
	 QUIET(DEED_RELEASE)},
};

static void check(const struct row *row)
{
	/* No value that an answer held before stays in it. */
	struct answer got = {DEED_RELEASE, 77, true, ACTION_CONTAINER_RELEASED};
	struct judged judged = row->judged;

	judged.facts = &row->facts;
	judged.decision = &row->decision;
	answer_choose(&judged, &got);
	CHECK(row->name, got.deed == row->want.deed);
	CHECK(row->name, got.error == row->want.error);
	CHECK(row->name, got.tells == row->want.tells);
	CHECK(row->name, !row->want.tells || got.action == row->want.action);
}

int main(void)
{
	CHECK("an answer that nobody chose refuses",
	      ((struct answer){0}).deed == DEED_REFUSE);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		check(&refused[i]);
	for (size_t i = 0; i < ARRAY_LEN(flagged); i++)
		check(&flagged[i]);
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		check(&allowed[i]);
	TEST_END();
}
