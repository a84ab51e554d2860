/*
 * test - the whole unit test framework: CHECK(what, condition) prints a row
 * that failed, with the sentence that names it, and TEST_END is the exit
 * status.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

static int test_rows, test_failures;

#define CHECK(name, condition)                                                 \
	do {                                                                   \
		test_rows++;                                                   \
		if (!(condition)) {                                            \
			test_failures++;                                       \
			(void)printf("%s:%d: FAILED: %s (%s)\n", __FILE__,     \
				     __LINE__, name, #condition);              \
		}                                                              \
	} while (0)

/* Sets a test up, or clears up after it: a command that fails ends it. */
static inline void test_shell(const char *command)
{
	if (system(command) != 0) /* NOLINT(cert-env33-c) */
		abort();
}

#define TEST_END()                                                             \
	do {                                                                   \
		(void)printf("%d rows, %d failed\n", test_rows,                \
			     test_failures);                                   \
		return test_failures ? EXIT_FAILURE : EXIT_SUCCESS;            \
	} while (0)
