#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *argument)
{
	return argument;
}

static bool starts_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

static bool reads_file(void)
{
	char byte;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0;
}

static bool starts_program(void)
{
	char *const argv[] = {(char *)"/bin/true", NULL};

	return execv(argv[0], argv) == 0 || errno != ENOSYS;
}

static bool starts_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0 || errno != ENOSYS;
}

static bool opens_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != ENOSYS;
}

static bool maps_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	       errno != ENOSYS;
}

static bool alters_target(void)
{
	return ptrace(PTRACE_POKETEXT, getpid(), NULL, NULL) == 0 ||
	       errno != ENOSYS;
}

/* Each check runs in a process of its own, since a filter can't be removed. */
static int confined(bool (*what)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e = {0};

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    confine_supervisor(&e) < 0) {
			(void)fprintf(stderr, "%s\n", e.text);
			_exit(2);
		}
		_exit(what() ? 1 : 0);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(void)
{
	static const struct {
		const char *sentence;
		bool (*what)(void);
		int expected;
	} rows[] = {
		{"a confined process starts no program", starts_program, 0},
		{"nor another process", starts_process, 0},
		{"opens no socket", opens_socket, 0},
		{"maps no code", maps_code, 0},
		{"writes to no target's memory", alters_target, 0},
		{"it starts threads", starts_thread, 1},
		{"and reads files", reads_file, 1},
	};
	int failures = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int result = confined(rows[i].what);

		if (result != rows[i].expected) {
			(void)fprintf(stderr, "failed: %s (%d)\n",
				      rows[i].sentence, result);
			failures++;
		}
	}
	return failures != 0;
}
