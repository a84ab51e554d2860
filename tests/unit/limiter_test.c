#include "limiter.h"

#include "test.h"

#include <string.h>

static const struct identity file = {.dev = 1, .ino = 2, .size = 3};
static const struct identity written = {
	.dev = 1, .ino = 2, .size = 3, .mtime_ns = 1};
static const uint8_t digest[DIGEST_SIZE] = {1};
static const struct event_kind kind = {
	.action = ACTION_EXEC_BLOCKED,
	.reason = REASON_NOT_IN_IMAGE,
	.allow_rule = -1,
	.program = "/bin/sh",
	.file = "/tmp/x",
	.identity = &file,
};

/* Kinds that aren't the one above. */
static const struct {
	const char *name;
	struct event_kind kind;
} others[] = {
	{"another file",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh",
	  "/tmp/y", &file, NULL, NULL, 0}},
	{"the file with another content",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh",
	  "/tmp/x", &written, NULL, NULL, 0}},
	{"the file, read",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh",
	  "/tmp/x", &file, digest, NULL, 0}},
	{"a file that couldn't be looked at",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh",
	  "/tmp/x", NULL, NULL, NULL, 0}},
	{"no file",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh", NULL,
	  NULL, NULL, NULL, 0}},
	{"another program",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/dash",
	  "/tmp/x", &file, NULL, NULL, 0}},
	{"a program that can't be seen",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, NULL, "/tmp/x",
	  &file, NULL, NULL, 0}},
	{"another reason",
	 {ACTION_EXEC_BLOCKED, REASON_MODIFIED, false, -1, "/bin/sh", "/tmp/x",
	  &file, NULL, NULL, 0}},
	{"another action",
	 {ACTION_LIBRARY_BLOCKED, REASON_NOT_IN_IMAGE, false, -1, "/bin/sh",
	  "/tmp/x", &file, NULL, NULL, 0}},
	{"flagged",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, true, -1, "/bin/sh",
	  "/tmp/x", &file, NULL, NULL, 0}},
	{"an exception",
	 {ACTION_EXEC_BLOCKED, REASON_NOT_IN_IMAGE, false, 0, "/bin/sh",
	  "/tmp/x", &file, NULL, NULL, 0}},
};

static enum telling admit(struct limiter *limiter, const struct event_kind *of,
			  int64_t now_ms, uint64_t *counted)
{
	struct summary evicted;
	enum telling telling = limiter_admit(limiter, of, now_ms, &evicted);

	*counted += evicted.count;
	summary_clear(&evicted);
	return telling;
}

static unsigned whole_of(struct limiter *limiter, unsigned times,
			 int64_t now_ms)
{
	uint64_t evicted = 0;
	unsigned whole = 0;

	for (unsigned i = 0; i < times; i++)
		whole += admit(limiter, &kind, now_ms, &evicted) == TELL_WHOLE;
	return whole;
}

static void test_kinds(void)
{
	struct limiter *limiter = limiter_new();
	struct summary counted = {0};
	uint64_t evicted = 0;

	CHECK("the first are told",
	      whole_of(limiter, 1000, 5) == LIMITER_WHOLE);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK(others[i].name, admit(limiter, &others[i].kind, 5,
					    &evicted) == TELL_WHOLE);
	CHECK("a summary is due",
	      limiter_due(limiter) == 5 + LIMITER_WINDOW_MS);
	CHECK("there is one", limiter_take(limiter, &counted));
	CHECK("exactly so many", counted.count == 1000 - LIMITER_WHOLE);
	CHECK("of this reason", counted.reason == REASON_NOT_IN_IMAGE);
	CHECK("of this action", counted.action == ACTION_EXEC_BLOCKED);
	CHECK("this file", strcmp(counted.file, "/tmp/x") == 0);
	CHECK("this program", strcmp(counted.program, "/bin/sh") == 0);
	CHECK("no exception", counted.allow_rule == -1);
	summary_clear(&counted);
	CHECK("no other", !limiter_take(limiter, &counted));
	CHECK("none is due", limiter_due(limiter) == -1);
	limiter_free(limiter);
}

static void test_time(void)
{
	struct limiter *limiter = limiter_new();
	struct summary counted = {0};
	int64_t now = 0;
	uint64_t sum = 0;
	unsigned whole = 0;

	/* A steady loop. */
	for (; now < 10 * (int64_t)LIMITER_WINDOW_MS; now += 1000)
		whole += whole_of(limiter, 1, now);
	CHECK("a loop is never told whole again", whole == LIMITER_WHOLE);
	while (limiter_take(limiter, &counted)) {
		sum += counted.count;
		summary_clear(&counted);
	}
	CHECK("but counted", sum == 600 - LIMITER_WHOLE);
	CHECK("whole again, once it was quiet",
	      whole_of(limiter, 100, now + LIMITER_WINDOW_MS) == LIMITER_WHOLE);
	limiter_free(limiter);
}

/* More kinds than are known at a time, round and round, and one that is
 * counted in between. */
static void test_many(void)
{
	enum { MANY = LIMITER_KINDS + 10 };
	struct limiter *limiter = limiter_new();
	struct summary counted = {0};
	uint64_t evicted = 0;
	unsigned told = 0;
	unsigned briefly = 0;

	(void)whole_of(limiter, 100, 0);
	for (unsigned i = 0; i < 3 * MANY; i++) {
		struct identity id = {.ino = i % MANY};
		struct event_kind other = kind;
		enum telling telling;

		other.identity = &id;
		telling = admit(limiter, &other, 1 + i, &evicted);
		told += telling != TELL_COUNTED;
		briefly += telling == TELL_BRIEFLY;
	}
	CHECK("each of too many kinds is told", told == 3 * MANY);
	CHECK("beyond the budget briefly",
	      briefly == 3 * MANY + LIMITER_WHOLE - LIMITER_BUDGET);
	CHECK("who had to give way was told of",
	      evicted == 100 - LIMITER_WHOLE);
	CHECK("once", !limiter_take(limiter, &counted));
	CHECK("and there is a budget again",
	      whole_of(limiter, 1, 3 * (int64_t)LIMITER_WINDOW_MS) == 1);
	limiter_free(limiter);
}

static void test_long(void)
{
	struct limiter *limiter = limiter_new();
	struct event_kind lengthy = kind;
	struct summary counted = {0};
	uint64_t evicted = 0;
	char path[4000] = "";

	memset(path, 'x', sizeof(path) - 1);
	lengthy.file = path;
	for (int i = 0; i <= LIMITER_WHOLE; i++)
		(void)admit(limiter, &lengthy, 0, &evicted);
	path[sizeof(path) - 2] = 'y';
	CHECK("paths that differ at their end are two kinds",
	      admit(limiter, &lengthy, 0, &evicted) == TELL_WHOLE);
	CHECK("a summary", limiter_take(limiter, &counted));
	CHECK("keeps little", strlen(counted.file) == LIMITER_TEXT_MAX);
	summary_clear(&counted);
	limiter_free(limiter);
}

/* Health checks, with a shell that is opened between them. */
static void test_sessions(void)
{
	static const char check[] = "sh\0-c\0check";
	char lengthy[1000];
	struct event_kind session = {
		.action = ACTION_SESSION_OPENED,
		.allow_rule = -1,
		.program = "/usr/sbin/runc",
		.digest = digest,
		.command = check,
		.command_len = sizeof(check),
	};
	struct limiter *limiter = limiter_new();
	struct summary counted = {0};
	uint64_t evicted = 0;

	for (int i = 0; i < LIMITER_WHOLE + 5; i++)
		(void)admit(limiter, &session, i, &evicted);
	CHECK("its summary", limiter_take(limiter, &counted));
	CHECK("counts it", counted.count == 5);
	CHECK("and has its command",
	      counted.command_len == sizeof(check) &&
		      memcmp(counted.command, check, sizeof(check)) == 0);
	summary_clear(&counted);
	session.command_len -= 2;
	CHECK("another command is told whole",
	      admit(limiter, &session, 0, &evicted) == TELL_WHOLE);
	memset(lengthy, 'x', sizeof(lengthy));
	session.command = lengthy;
	session.command_len = sizeof(lengthy);
	for (int i = 0; i < LIMITER_WHOLE + 1; i++)
		(void)admit(limiter, &session, i, &evicted);
	CHECK("a long one", limiter_take(limiter, &counted));
	CHECK("is cut", counted.command_len == LIMITER_TEXT_MAX &&
				counted.command[LIMITER_TEXT_MAX - 1] == '\0');
	summary_clear(&counted);
	limiter_free(limiter);
}

int main(void)
{
	test_kinds();
	test_time();
	test_many();
	test_long();
	test_sessions();
	TEST_END();
}
