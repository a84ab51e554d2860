#include "outsider.h"

#include "attr.h"
#include "test.h"

#include <stddef.h>

#define HOME "5:cpu:/pod/one\n4:memory:/pod/one\n1:name=systemd:/\n0::/\n"

static const struct {
	const char *name, *text, *home;
	bool outside;
} rows[] = {
	{"the same cgroups", HOME, HOME, false},
	{"below one of them",
	 "5:cpu:/pod/one/a\n4:memory:/pod/one/b\n1:name=systemd:/\n0::/\n",
	 HOME, false},
	{"outside of one, and not of the other",
	 "5:cpu:/elsewhere\n4:memory:/pod/one\n1:name=systemd:/\n0::/\n", HOME,
	 false},
	{"a hierarchy that isn't told of",
	 "5:cpu:/elsewhere\n1:name=systemd:/\n0::/\n", HOME, false},
	{"a container that has none of its own", "0::/user/x\n", "0::/\n",
	 false},
	{"nothing is known of either", "", "", false},
	{"no line of cgroups", "0::/a\n", "what\n", false},
	{"of another container of the pod",
	 "5:cpu:/pod/two\n4:memory:/pod/two\n1:name=systemd:/\n0::/\n", HOME,
	 true},
	{"whose name begins alike", "0::/pod/one-more\n", "0::/pod/one\n",
	 true},
	{"above it", "0::/pod\n", "0::/pod/one\n", true},
	{"of the host", "0::/\n", "0::/pod/one\n", true},
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(rows[i].name, outsider_is(rows[i].text, rows[i].home) ==
					    rows[i].outside);
	TEST_END();
}
