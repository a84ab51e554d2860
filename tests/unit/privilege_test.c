#include "privilege.h"

#include "test.h"

#include <sys/capability.h>
#include <sys/prctl.h>

static const struct {
	const char *name;
	cap_value_t value;
	bool kept;
} rows[] = {
	{"mounts", CAP_SYS_ADMIN, true},
	{"tracing", CAP_SYS_PTRACE, true},
	{"leases", CAP_LEASE, true},
	{"reading", CAP_DAC_READ_SEARCH, true},
	{"modules", CAP_SYS_MODULE, false},
	{"devices", CAP_SYS_RAWIO, false},
	{"device nodes", CAP_MKNOD, false},
	{"networks", CAP_NET_ADMIN, false},
	{"other groups", CAP_SETGID, false},
};

int main(void)
{
	struct err e;
	cap_t before = cap_get_proc();

	CHECK("it could be dumped", prctl(PR_GET_DUMPABLE) == 1);
	CHECK("privileges are dropped", privilege_drop(&e) == 0);
	CHECK("it can't be dumped", prctl(PR_GET_DUMPABLE) == 0);
	CHECK("an exec gives no new privileges",
	      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);

	cap_t after = cap_get_proc();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cap_flag_value_t had = CAP_CLEAR;
		cap_flag_value_t has = CAP_SET;

		(void)cap_get_flag(before, rows[i].value, CAP_PERMITTED, &had);
		(void)cap_get_flag(after, rows[i].value, CAP_PERMITTED, &has);
		CHECK(rows[i].name,
		      (has == CAP_SET) == (rows[i].kept && had == CAP_SET));
	}
	(void)cap_free(before);
	(void)cap_free(after);
	TEST_END();
}
