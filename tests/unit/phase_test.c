#include "phase_internal.h"

#include "test.h"

#include <stddef.h>

enum { HAPPENINGS_MAX = 4 };

static const struct {
	const char *name;
	enum happening happenings[HAPPENINGS_MAX];
	size_t count;
	enum phase want;
} rows[] = {
	{"a command that is killed before a listener came ends it",
	 {GIVEN_UP},
	 1,
	 PHASE_EXIT},
	{"before a listener came nothing is left, and that is no end",
	 {ALL_HUNG_UP, NOTHING_LEFT},
	 2,
	 PHASE_AWAIT},
	{"a command that is gone once a listener came is no end",
	 {A_LISTENER_CAME, GIVEN_UP},
	 2,
	 PHASE_SERVE},
	{"with a listener that has tasks, nothing under way is no end",
	 {A_LISTENER_CAME, NOTHING_LEFT},
	 2,
	 PHASE_SERVE},
	{"all hung up, targets may be left",
	 {A_LISTENER_CAME, ALL_HUNG_UP, GIVEN_UP},
	 3,
	 PHASE_DRAIN},
	{"all hung up and nothing left is the end",
	 {A_LISTENER_CAME, ALL_HUNG_UP, NOTHING_LEFT},
	 3,
	 PHASE_EXIT},
	{"a session that comes meanwhile is served",
	 {A_LISTENER_CAME, ALL_HUNG_UP, A_LISTENER_CAME, NOTHING_LEFT},
	 4,
	 PHASE_SERVE},
	{"a signal ends it before a listener came",
	 {TERMINATED},
	 1,
	 PHASE_EXIT},
	{"a signal ends it while it serves",
	 {A_LISTENER_CAME, TERMINATED},
	 2,
	 PHASE_EXIT},
	{"a signal ends it while it drains",
	 {A_LISTENER_CAME, ALL_HUNG_UP, TERMINATED},
	 3,
	 PHASE_EXIT},
	{"nothing comes after the end",
	 {TERMINATED, A_LISTENER_CAME},
	 2,
	 PHASE_EXIT},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum phase phase = PHASE_AWAIT;

		for (size_t j = 0; j < rows[i].count; j++)
			phase = phase_next(phase, rows[i].happenings[j]);
		CHECK(rows[i].name, phase == rows[i].want);
	}
	TEST_END();
}
