/*
 * The command line of a runtime's exec, or the process file that it names, as
 * the first byte says: the event of a session has whole words only.
 */
#include "session_internal.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void describe(char *args, size_t len)
{
	static char executable[] = "/usr/sbin/runc";
	static char cwd[] = "/nowhere";
	struct process_info runtime = {
		.executable = executable,
		.cwd = cwd,
		.args = args,
		.args_len = len,
	};
	struct event event = {.session_uid = -1};

	session_describe(&runtime, &event);
	require(!event.session_args == !event.session_args_len);
	require(!event.session_args ||
		event.session_args[event.session_args_len - 1] == '\0');
	free(event.session_args);
}

static void describe_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char args[64];
	int len;

	if (fd < 0)
		fd = memfd_create("process", MFD_CLOEXEC);
	require(fd >= 0 && ftruncate(fd, 0) == 0);
	require(pwrite(fd, data, size, 0) == (ssize_t)size);
	len = snprintf(args, sizeof(args),
		       "runc%cexec%c--process%c/proc/self/fd/%d%cc1", 0, 0, 0,
		       fd, 0);
	describe(args, (size_t)len + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *args;

	if (size < 1 || size > PROCESS_ARGS_MAX)
		return 0;
	if (data[0] & 1) {
		describe_file(data + 1, size - 1);
		return 0;
	}
	args = malloc(size);
	require(args != NULL);
	memcpy(args, data + 1, size - 1);
	args[size - 1] = '\0';
	describe(args, size);
	free(args);
	return 0;
}
