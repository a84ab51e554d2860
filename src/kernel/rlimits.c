#include "rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	OOM_SCORE =
		-500, /* dockerd's value; the shims of containerd have -998 */
	UMASK = 022, /* files are created with explicit modes, which must not be
			reduced */
	TIMER_SLACK_NS = 50000, /* the kernel's default           */
	IOPRIO_WHO_PROCESS = 1, /* linux/ioprio.h, newer than the */
	IOPRIO_NONE = 0,	/* headers of Debian 12           */
};

#define MIB ((rlim_t)1 << 20)

/* least: with less, the kernel ends a supervisor, or it has to refuse files
 * that it should judge. Limits that aren't listed don't matter to it. */
static const struct limit {
	__rlimit_resource_t resource;
	const char *name;
	rlim_t wanted;
	rlim_t least;
} limits[] = {
	{RLIMIT_FSIZE, "file size (ulimit -f)", RLIM_INFINITY, 0},
	{RLIMIT_CPU, "CPU time (ulimit -t)", RLIM_INFINITY, RLIM_INFINITY},
	{RLIMIT_NOFILE, "open files (ulimit -n)", 65536, 256},
	{RLIMIT_AS, "memory (ulimit -v)", RLIM_INFINITY, 1024 * MIB},
	{RLIMIT_DATA, "data (ulimit -d)", RLIM_INFINITY, 64 * MIB},
	{RLIMIT_STACK, "stack (ulimit -s)", 8 * MIB, MIB / 2},
	{RLIMIT_NPROC, "processes (ulimit -u)", RLIM_INFINITY, 0},
	{RLIMIT_SIGPENDING, "pending signals (ulimit -i)", RLIM_INFINITY, 16},
};

/* Writing beyond the limit on file sizes kills by default; the children of a
 * process that ignores SIGCHLD can't be waited for. */
static const struct {
	int signal;
	__sighandler_t handler;
} signals[] = {{SIGXFSZ, SIG_IGN}, {SIGCHLD, SIG_DFL}};

static struct {
	bool raised;
	struct rlimit limits[ARRAY_LEN(limits)];
	struct sigaction actions[ARRAY_LEN(signals)];
} before;

static rlim_t lesser(rlim_t a, rlim_t b)
{
	return a < b ? a : b; /* RLIM_INFINITY is the largest */
}

/* Raising a limit beyond the hard one needs CAP_SYS_RESOURCE. */
static void raise_one(const struct limit *limit, const struct rlimit *now)
{
	struct rlimit most = {.rlim_cur = limit->wanted,
			      .rlim_max = limit->wanted};

	if (now->rlim_cur >= limit->wanted)
		return;
	if (now->rlim_max >= limit->wanted)
		most.rlim_max = now->rlim_max;
	if (setrlimit(limit->resource, &most) == 0)
		return;
	most.rlim_cur = lesser(limit->wanted, now->rlim_max);
	most.rlim_max = now->rlim_max;
	(void)setrlimit(limit->resource, &most);
}

void rlimits_raise(void)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		(void)getrlimit(limits[i].resource, &before.limits[i]);
		raise_one(&limits[i], &before.limits[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		const struct sigaction action = {
			.sa_handler = signals[i].handler,
		};

		(void)sigaction(signals[i].signal, &action, &before.actions[i]);
	}
	before.raised = true;
}

void rlimits_give_back(void)
{
	if (!before.raised)
		return;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		(void)setrlimit(limits[i].resource, &before.limits[i]);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		(void)sigaction(signals[i].signal, &before.actions[i], NULL);
}

static int refuse(const struct limit *limit, rlim_t now, struct err *e)
{
	const uintmax_t least = limit->least;

	if (limit->least == RLIM_INFINITY)
		return err_set(e, EPERM,
			       "the caller's hard limit on %s is %ju: it would "
			       "end the container's supervisor. Lift it for "
			       "the engine, or give that CAP_SYS_RESOURCE",
			       limit->name, (uintmax_t)now);
	return err_set(e, EPERM,
		       "the caller's hard limit on %s is %ju: a container's "
		       "supervisor needs %ju. Raise it for the engine, or "
		       "give that CAP_SYS_RESOURCE",
		       limit->name, (uintmax_t)now, least);
}

int rlimits_check(struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct rlimit now;

		if (getrlimit(limits[i].resource, &now) == 0 &&
		    now.rlim_cur < limits[i].least)
			return refuse(&limits[i], now.rlim_cur, e);
	}
	return 0;
}

static void reset_signals(void)
{
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		const struct sigaction action = {.sa_handler = SIG_DFL};

		if (signal != SIGXFSZ && signal != SIGPIPE)
			(void)sigaction(signal, &action, NULL);
	}
}

static bool write_score(int fd, int score)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", score);

	return pwrite(fd, text, (size_t)len, 0) == len;
}

/* If a supervisor were killed first when memory is short, the container's execs
 * would fail as well; and in version 2 of cgroups its memory counts for the
 * pod, in which it may be the largest process. A supervisor that grows to half
 * of the limit can still be chosen. Lowering the score needs
 * CAP_SYS_RESOURCE. */
static void settle_oom_score(void)
{
	OWNED(close_owned)
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char text[16] = "";
	long score;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return;
	score = strtol(text, NULL, 10);
	if (score > OOM_SCORE && !write_score(fd, OOM_SCORE) && score > 0)
		(void)write_score(fd, 0);
}

void rlimits_settle(void)
{
	const struct sched_param ordinary = {0};

	reset_signals();
	settle_oom_score();
	/* Hashing at a real-time priority would take whole cores; with an idle
	 * one every exec waits for all other work. */
	(void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_NONE);
	(void)prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK_NS, 0, 0, 0);
	(void)personality(PER_LINUX);
	(void)umask(UMASK);
}
