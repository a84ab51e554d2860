#include "runtime.h"

#include "rlimits.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char default_path[] =
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static bool is_ourselves(const char *path)
{
	struct stat self;
	struct stat other;

	return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* The first program of that name on PATH that isn't us; NULL if none. */
static char *search(const char *name)
{
	const char *path = getenv("PATH");
	char *found = NULL;

	for (const char *at = path && *path ? path : default_path; *at;) {
		size_t len = strcspn(at, ":");

		if (len)
			found = text_format("%.*s/%s", (int)len, at, name);
		if (len && !found)
			return NULL;
		if (found && access(found, X_OK) == 0 && !is_ourselves(found))
			return found;
		free(found);
		found = NULL;
		at += len + (at[len] == ':');
	}
	return NULL;
}

int runtime_find(const char *name, char **ret_path, struct err *e)
{
	if (!name) {
		*ret_path = search("runc");
		if (!*ret_path)
			*ret_path = search("crun");
		if (*ret_path)
			return 0;
		return err_set(e, ENOENT,
			       "neither runc nor crun is on PATH: install one, "
			       "or set \"runtime\" in the configuration");
	}
	if (strchr(name, '/')) {
		if (is_ourselves(name))
			return err_set(e, 0,
				       "the runtime %s is runmoor itself: set "
				       "\"runtime\" to the real one",
				       name);
		if (access(name, X_OK) < 0)
			return err_set(e, errno, "the runtime %s", name);
		*ret_path = strdup(name);
		return *ret_path ? 0 : err_set(e, ENOMEM, "find %s", name);
	}
	*ret_path = search(name);
	if (*ret_path)
		return 0;
	return err_set(e, ENOENT, "find the runtime %s on PATH", name);
}

int runtime_become(const char *path, char *const argv[], struct err *e)
{
	int failure;

	rlimits_give_back();
	(void)execv(path, argv);
	failure = errno;
	rlimits_raise();
	return err_set(e, failure, "run %s", path);
}

static volatile sig_atomic_t child;

/* A signal from the kernel (a terminal's ^C) went to the whole process group;
 * one from a process was meant for the runtime. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (child && info->si_code <= 0 && info->si_pid != child)
		(void)kill(child, signal);
	errno = saved;
}

static void pass_signals_on(void)
{
	struct sigaction action = {
		.sa_sigaction = pass_on,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	for (int signal = 1; signal < SIGRTMAX; signal++) {
		struct sigaction old;

		if (signal == SIGKILL || signal == SIGSTOP ||
		    signal == SIGCHLD || signal == SIGSEGV ||
		    signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
		    signal == SIGABRT || signal == SIGTSTP ||
		    signal == SIGTTIN || signal == SIGTTOU)
			continue;
		/* An ignored one stays ignored, as nohup(1) wants. */
		if (sigaction(signal, NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(signal, &action, NULL);
	}
}

/* sd_listen_fds(3): descriptors are for the process with this number. It was
 * ours, and the runtime would have had it. */
static void pass_listening_on(pid_t parent)
{
	const char *pid = getenv("LISTEN_PID");
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", parent);
	if (!pid || strcmp(pid, number) != 0)
		return;
	(void)snprintf(number, sizeof(number), "%d", getpid());
	(void)setenv("LISTEN_PID", number, 1);
}

int runtime_start(const char *path, char *const argv[], struct runtime *ret,
		  struct err *e)
{
	pid_t parent = getpid();
	sigset_t all;
	sigset_t old;
	pid_t pid;

	/* No signal may arrive between the fork and storing the child's
	 * number. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (pid == 0) {
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		rlimits_give_back();
		pass_listening_on(parent);
		(void)execv(path, argv);
		(void)fprintf(stderr, "runmoor: run %s: %s\n", path,
			      strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	child = pid > 0 ? pid : 0;
	if (pid > 0)
		pass_signals_on();
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return err_set(e, errno, "start %s", path);
	ret->pid = pid;
	ret->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

static int reap(struct runtime *runtime, int *ret_status, struct err *e)
{
	int status = 0;
	pid_t pid;

	do
		pid = waitpid(runtime->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	child = 0;
	close_owned(&runtime->pidfd);
	if (pid < 0)
		return err_set(e, errno, "wait for the runtime");
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status)
					: 128 + WTERMSIG(status);
	return 0;
}

int runtime_wait(struct runtime *runtime, int wake, bool *ret_ended,
		 int *ret_status, struct err *e)
{
	struct pollfd fds[] = {{.fd = runtime->pidfd, .events = POLLIN},
			       {.fd = wake, .events = POLLIN}};

	*ret_ended = true;
	while (wake >= 0 && runtime->pidfd >= 0) {
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			return err_set(e, errno, "wait for the runtime");
		if (fds[0].revents)
			break;
		if (fds[1].revents) {
			*ret_ended = false;
			return 0;
		}
	}
	return reap(runtime, ret_status, e);
}

int runtime_own_folder(char ret[PATH_MAX], struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return err_set(e, errno, "read /proc/self/exe");
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	if (slash)
		*slash = '\0';
	return 0;
}
