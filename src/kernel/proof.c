#include "proof.h"

#include "procfs.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { SYSCALL_STOP = 0x80 }; /* PTRACE_O_TRACESYSGOOD */

/*
 * PTRACE_SEIZE waits for cred_guard_mutex, which an exec of the same process
 * holds for as long as its file system or an unreaped thread makes it. Both
 * sides of the race: this thread in the system call, the container holding
 * the lock. A handler that only returned would restart the call, so it jumps.
 *
 * The timer ticks only while there is work, so that a seize costs no extra
 * system call and an idle supervisor isn't woken.
 */
static struct {
	timer_t timer;
	sigjmp_buf escape;
	volatile sig_atomic_t seizing; /* 1 in the call, 2 a tick later */
	volatile sig_atomic_t active;
	volatile sig_atomic_t armed;
} watch;

static void set_timer(long ms)
{
	struct itimerspec when = {
		.it_interval.tv_nsec = ms * 1000000,
		.it_value.tv_nsec = ms * 1000000,
	};

	(void)timer_settime(watch.timer, 0, &when, NULL);
}

static void on_tick(int signal)
{
	(void)signal;
	if (watch.seizing == 2) {
		watch.seizing = 0;
		siglongjmp(watch.escape, 1); // NOLINT
	}
	if (watch.seizing == 1) {
		watch.seizing = 2;
		return;
	}
	if (!watch.active) {
		watch.armed = 0;
		set_timer(0);
	}
	watch.active = 0;
}

int proof_start(struct err *e)
{
	struct sigaction action = {.sa_handler = on_tick,
				   .sa_flags = SA_RESTART | SA_NODEFER};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGRTMIN,
	};

	event._sigev_un._tid = (int)syscall(SYS_gettid);
	if (sigaction(SIGRTMIN, &action, NULL) < 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &watch.timer) < 0)
		return err_set(e, errno, "start the watchdog timer");
	return 0;
}

/* Start the timer for new work; it stops by itself after a tick without any. */
static void watch_begin(void)
{
	watch.active = 1;
	if (watch.armed)
		return;
	watch.armed = 1;
	set_timer(PROOF_TICK_MS);
}

static enum proof_seize why_not(pid_t tid, int error)
{
	/* 0: there is no tracer; -1: the task is gone. */
	pid_t tracer = (pid_t)procfs_status_number(tid, "TracerPid", -1);

	if (tracer == (pid_t)syscall(SYS_gettid))
		return PROOF_SEIZED;
	if (tracer < 0 || error == ESRCH)
		return PROOF_GONE;
	if (tracer > 0)
		return PROOF_TRACED;
	return PROOF_FAILED;
}

enum proof_seize proof_seize(pid_t tid)
{
	const long options =
		PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
	long rc;
	int error;

	watch_begin();
	/* The mask isn't saved (a system call): SA_NODEFER leaves it alone. */
	if (sigsetjmp(watch.escape, 0)) {
		/* The call may have succeeded just before the tick. */
		return why_not(tid, ETIME) == PROOF_SEIZED ? PROOF_SEIZED
							   : PROOF_TIMED_OUT;
	}
	watch.seizing = 1;
	rc = ptrace(PTRACE_SEIZE, tid, NULL, options);
	error = errno;
	watch.seizing = 0;
	return rc == 0 ? PROOF_SEIZED : why_not(tid, error);
}

static void describe_stop(int status, struct proof_stop *ret)
{
	int event = status >> 16;
	unsigned long former = 0;

	ret->what = PROOF_STOPPED;
	if (event == PTRACE_EVENT_EXEC) {
		ret->what = PROOF_LOADED;
		if (ptrace(PTRACE_GETEVENTMSG, ret->tid, NULL, &former) == 0)
			ret->former = (pid_t)former;
	} else if (WSTOPSIG(status) == (SIGTRAP | SYSCALL_STOP)) {
		ret->what = PROOF_SYSCALL;
	} else if (event == PTRACE_EVENT_STOP) {
		ret->job_control = WSTOPSIG(status) != SIGTRAP;
	} else if (event == 0) {
		/* The target stopped for a signal, which must not be lost. */
		ret->signal = WSTOPSIG(status);
	}
}

void proof_collect(struct proof_stop *ret)
{
	int status = 0;

	*ret = (struct proof_stop){.what = PROOF_NOTHING};
	do
		ret->tid = waitpid(-1, &status, __WALL | WNOHANG);
	while (ret->tid < 0 && errno == EINTR);
	if (ret->tid <= 0)
		return;
	if (WIFSTOPPED(status))
		describe_stop(status, ret);
	else
		ret->what = PROOF_ENDED;
}

void proof_release(pid_t tid, int signal)
{
	(void)ptrace(PTRACE_DETACH, tid, NULL, (long)signal);
}

void proof_step(pid_t tid, int signal, bool job_control)
{
	if (job_control)
		(void)ptrace(PTRACE_LISTEN, tid, NULL, NULL);
	else
		(void)ptrace(PTRACE_SYSCALL, tid, NULL, (long)signal);
}

/* The argument of the call that is a path; -1: it opens nothing. */
static int path_argument(uint32_t arch, uint64_t number)
{
	static const struct {
		const char *name;
		int argument;
	} calls[] = {{"open", 0}, {"openat", 1}, {"openat2", 1}};

	if (arch == AUDIT_ARCH_X86_64 && (number & 0x40000000))
		arch = SCMP_ARCH_X32;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (seccomp_syscall_resolve_name_arch(arch, calls[i].name) ==
		    (int)number)
			return calls[i].argument;
	return -1;
}

bool proof_call_of(pid_t tid, struct proof_call *ret)
{
	struct __ptrace_syscall_info info = {0};
	int argument;

	*ret = (struct proof_call){.opens = false};
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return false;
	ret->began = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	ret->code = info.instruction_pointer;
	if (!ret->began) {
		ret->result = info.exit.rval;
		return info.op == PTRACE_SYSCALL_INFO_EXIT;
	}
	argument = path_argument(info.arch, info.entry.nr);
	ret->opens = argument >= 0;
	if (ret->opens)
		ret->path = info.entry.args[argument];
	return true;
}

void proof_interrupt(pid_t tid)
{
	(void)ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

void proof_kill(pid_t tid)
{
	/* A thread group that has just executed is one thread: its tid. */
	(void)kill(tid, SIGKILL);
}
