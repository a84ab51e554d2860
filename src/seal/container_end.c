#include "container.h"

#include "bill.h"
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { RELEASE_MS = 5000 };

void container_remove(const char *folder)
{
	static const char *const names[] = {
		"container.json", "lock",
		"listener.sock",  "volumes.manifest",
		"first.manifest", BILL_RECORD,
		"image.manifest", "lost",
		"died",		  "init"};
	OWNED(close_owned)
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	bill_close(folder);
	directory_forget(folder);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlinkat(dir, names[i], 0);
	(void)unlinkat(dir, SEAL_SCRATCH, AT_REMOVEDIR);
	(void)rmdir(folder);
}

int container_end(const char *folder, struct err *e)
{
	pid_t pid = container_supervisor(folder);
	OWNED(close_owned)
	int process = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd end = {.fd = process, .events = POLLIN};

	/* Check again now that the descriptor pins the process. */
	if (process >= 0 && container_supervisor(folder) == pid) {
		(void)syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
		if (poll(&end, 1, RELEASE_MS) == 0)
			(void)syscall(SYS_pidfd_send_signal, process, SIGKILL,
				      NULL, 0);
		(void)poll(&end, 1, RELEASE_MS);
	}
	if (container_supervisor(folder))
		return err_set(e, EBUSY, "end the supervisor of %s", folder);
	return 0;
}
