#include "rlimits.h"

#include "test.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

/* Each check runs in a process of its own, without CAP_SYS_RESOURCE. */
static bool in_child(bool (*check)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setresuid(NOBODY, NOBODY, NOBODY) == 0 && check() ? 0
									: 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	const struct rlimit value = {.rlim_cur = soft, .rlim_max = hard};

	if (setrlimit(resource, &value) < 0)
		_exit(2);
}

static bool has(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	struct rlimit now;

	return getrlimit(resource, &now) == 0 && now.rlim_cur == soft &&
	       now.rlim_max == hard;
}

static bool soft_goes_up_to_hard(void)
{
	limit(RLIMIT_FSIZE, 1024, 8192);
	rlimits_raise();
	return has(RLIMIT_FSIZE, 8192, 8192);
}

static bool what_suffices_stays(void)
{
	limit(RLIMIT_STACK, 16 << 20, 32 << 20);
	rlimits_raise();
	return has(RLIMIT_STACK, 16 << 20, 32 << 20);
}

static bool all_is_given_back(void)
{
	struct sigaction now;

	limit(RLIMIT_FSIZE, 1024, 8192);
	limit(RLIMIT_CPU, 10, 100);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_DFL);
	rlimits_raise();
	rlimits_give_back();
	return has(RLIMIT_FSIZE, 1024, 8192) && has(RLIMIT_CPU, 10, 100) &&
	       sigaction(SIGCHLD, NULL, &now) == 0 &&
	       now.sa_handler == SIG_IGN &&
	       sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

static bool nothing_to_give_back(void)
{
	limit(RLIMIT_FSIZE, 1024, 8192);
	rlimits_give_back();
	return has(RLIMIT_FSIZE, 1024, 8192);
}

/* write(2) by itself is killed. */
static bool a_large_file_is_an_error(void)
{
	FILE *file = tmpfile();

	if (!file)
		return false;
	limit(RLIMIT_FSIZE, 4, 4);
	rlimits_raise();
	return write(fileno(file), "123456", 6) == 4 &&
	       write(fileno(file), "5", 1) == -1;
}

static bool children_can_be_waited_for(void)
{
	int status = 0;
	pid_t pid;

	(void)signal(SIGCHLD, SIG_IGN);
	rlimits_raise();
	pid = fork();
	if (pid == 0)
		_exit(7);
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WEXITSTATUS(status) == 7;
}

static bool refused_for(const char *word)
{
	struct err e = {0};

	rlimits_raise();
	return rlimits_check(&e) < 0 && strstr(e.text, word) &&
	       strstr(e.text, "supervisor");
}

static bool hard_cpu_time_is_refused(void)
{
	limit(RLIMIT_CPU, 1000, 1000);
	return refused_for("ulimit -t) is 1000");
}

static bool few_files_are_refused(void)
{
	limit(RLIMIT_NOFILE, 64, 64);
	return refused_for("ulimit -n) is 64");
}

static bool little_memory_is_refused(void)
{
	limit(RLIMIT_AS, 256 << 20, 256 << 20);
	return refused_for("ulimit -v)");
}

static bool file_size_is_no_reason(void)
{
	struct err e = {0};

	limit(RLIMIT_FSIZE, 1024, 1024);
	rlimits_raise();
	return rlimits_check(&e) == 0;
}

static bool settled(void)
{
	const struct sched_param none = {0};
	struct sigaction now;

	(void)umask(0777);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	if (sched_setscheduler(0, SCHED_BATCH, &none) < 0)
		return false;
	rlimits_settle();
	return umask(0) == 022 && sched_getscheduler(0) == SCHED_OTHER &&
	       sigaction(SIGTERM, NULL, &now) == 0 &&
	       now.sa_handler == SIG_DFL &&
	       sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static const struct {
	const char *name;
	bool (*check)(void);
} rows[] = {
	{"a soft limit goes up to the hard one", soft_goes_up_to_hard},
	{"a limit that suffices stays as it is", what_suffices_stays},
	{"limits and signals are given back", all_is_given_back},
	{"what was never raised stays as it is", nothing_to_give_back},
	{"a file that grows too large is an error", a_large_file_is_an_error},
	{"children can be waited for", children_can_be_waited_for},
	{"a hard limit on CPU time is refused", hard_cpu_time_is_refused},
	{"a few open files are refused", few_files_are_refused},
	{"little memory is refused", little_memory_is_refused},
	{"a limit on file size refuses nothing", file_size_is_no_reason},
	{"umask, scheduling and signals are settled", settled},
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK(rows[i].name, in_child(rows[i].check));
	TEST_END();
}
