#include "died.h"

#include "container.h"
#include "file.h"
#include "journal.h"
#include "report.h"
#include "witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

static bool is_claimed(const char *folder)
{
	struct flock claim = {.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = 1,
			      .l_len = 1};
	OWNED(free_owned) char *path = file_in(folder, "lock");
	OWNED(close_owned)
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	return fd < 0 || fcntl(fd, F_OFD_GETLK, &claim) < 0 ||
	       claim.l_type != F_UNLCK;
}

static bool has_file(const char *folder, const char *name)
{
	OWNED(free_owned) char *path = file_in(folder, name);

	return path && access(path, F_OK) == 0;
}

void died_note(const char *folder, pid_t init)
{
	OWNED(free_owned) char *path = file_in(folder, "init");
	struct birth birth;
	char text[64];
	int len;

	if (!path || !witness_birth(init, &birth))
		return;
	len = snprintf(text, sizeof(text), "%d %" PRIu64, birth.pid,
		       birth.ticks);
	(void)!file_publish(path, text, (size_t)len, 0600, NULL);
}

/* False if it was never recorded. */
static bool has_ended(const char *folder)
{
	OWNED(free_owned) char *path = file_in(folder, "init");
	OWNED(buffer_clear) struct buffer text = BUFFER_INIT;
	struct birth birth = {0};

	return path && file_read(AT_FDCWD, path, 64, &text, NULL) == 0 &&
	       text.len > 0 &&
	       sscanf(text.data, "%d %" SCNu64, &birth.pid, &birth.ticks) ==
		       2 &&
	       !witness_lives(&birth);
}

bool died_check(const char *folder)
{
	return has_file(folder, "container.json") && !is_claimed(folder) &&
	       !container_supervisor(folder) && !has_file(folder, "lost") &&
	       !has_ended(folder) && has_file(folder, "container.json");
}

/* Write the event once for each container: a mark in the folder records
 * that. */
static void tell_once(const char *folder, const struct container *container)
{
	OWNED(free_owned) char *path = file_in(folder, "died");
	OWNED(close_owned)
	int mark =
		path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
		     : -1;
	struct journal *journal;

	if (mark < 0)
		return;
	if (journal_open(container->config.events_file, &journal, NULL) == 0) {
		report_died(container, journal);
		if (journal_close(journal) == 0)
			return;
	}
	(void)unlink(path);
}

int died_tell(const char *folder, struct err *e)
{
	struct container container;

	if (container_read(folder, &container, e) < 0)
		return -1;
	tell_once(folder, &container);
	(void)err_set(e, 0,
		      "the supervisor of container %s has died: nothing can "
		      "be executed in it any more. Restart the container, with "
		      "its engine",
		      container.id);
	container_clear(&container);
	return -1;
}
