#include "release.h"

#include "container.h"
#include "file.h"
#include "journal.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

static char *path_of(const char *folder)
{
	return file_in(folder, "lost");
}

int release_leave(const char *folder, const struct rest *rest)
{
	OWNED(free_owned) char *path = path_of(folder);
	char text[96];
	int len =
		snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64 " %" PRIu64,
			 rest->lost, rest->hashed_files, rest->hashed_bytes);

	return path ? file_publish(path, text, (size_t)len, 0600, NULL) : -1;
}

/* False if no losses are recorded. */
static bool read_rest(const char *folder, struct rest *ret)
{
	OWNED(free_owned) char *path = path_of(folder);
	OWNED(buffer_clear) struct buffer text = BUFFER_INIT;

	return path && file_read(AT_FDCWD, path, 96, &text, NULL) == 0 &&
	       text.len > 0 &&
	       sscanf(text.data, "%" SCNu64 " %" SCNu64 " %" SCNu64, &ret->lost,
		      &ret->hashed_files, &ret->hashed_bytes) == 3 &&
	       ret->lost > 0;
}

/* Write container-released, the last of the lost events, now. */
static bool tell_late(const struct container *container,
		      const struct rest *rest)
{
	struct journal *journal;

	if (journal_open(container->config.events_file, &journal, NULL) < 0)
		return false;
	journal_owe(journal, rest->lost - 1);
	report_released(container, journal, rest->hashed_files,
			rest->hashed_bytes);
	return journal_close(journal) == 0;
}

/* False if it is left to the next command. */
static bool tell_lost(const char *folder, const struct log *log,
		      const struct rest *rest)
{
	struct container container;
	bool told;

	if (container_read(folder, &container, NULL) < 0)
		return true;
	told = tell_late(&container, rest);
	if (!told && log)
		log_write(log, LOG_LEVEL_WARNING,
			  "container %s: its last %" PRIu64
			  " events are lost: %s can't be written",
			  container.id, rest->lost,
			  container.config.events_file);
	/* Under a plain runtime no later command of runmoor would report them.
	 */
	told = told || log || container.runtime[0] != '/';
	container_clear(&container);
	return told;
}

int release_container(const char *folder, const struct log *log, struct err *e)
{
	struct rest rest;

	if (container_end(folder, e) < 0)
		return -1;
	if (read_rest(folder, &rest) && !tell_lost(folder, log, &rest))
		return 0;
	container_remove(folder);
	if (access(folder, F_OK) == 0)
		return err_set(e, EBUSY, "remove %s", folder);
	return 0;
}
