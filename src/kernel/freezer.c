#include "freezer.h"

#include "attr.h"
#include "cgroup.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 500 };

/* A hierarchy that can freeze, and the names and contents of its files. */
struct hierarchy {
	const char *controller; /* "": version 2 */
	const char *mount;
	const char *file, *frozen, *thawed;
	const char *state, *reached; /* file and line that show the result */
};

static const struct hierarchy hierarchies[] = {
	{"freezer", "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN",
	 "THAWED", "freezer.state", "FROZEN\n"},
	{"", "/sys/fs/cgroup/unified", "cgroup.freeze", "1", "0",
	 "cgroup.events", "frozen 1\n"},
	{"", "/sys/fs/cgroup", "cgroup.freeze", "1", "0", "cgroup.events",
	 "frozen 1\n"},
};

static bool we_are_in(const char *controller, const char *path, size_t len)
{
	struct buffer own = BUFFER_INIT;
	const char *ours = NULL;
	size_t ours_len = 0;
	bool in = true;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", CGROUP_TEXT_MAX, &own,
		      NULL) == 0)
		ours = cgroup_path(own.data, controller, &ours_len);
	if (ours)
		in = ours_len >= len && memcmp(ours, path, len) == 0 &&
		     (ours_len == len || ours[len] == '/' ||
		      path[len - 1] == '/');
	buffer_clear(&own);
	return in;
}

static bool has_line(int fd, const char *line)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return false;
	text[n] = '\0';
	return strstr(text, line) != NULL;
}

static bool wait_until_frozen(int fd, const char *reached)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < TRIES; i++) {
		if (has_line(fd, reached))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static int open_file(const struct hierarchy *h, const char *path, size_t len,
		     const char *name, int flags)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%.*s/%s", h->mount, (int)len, path,
		     name) >= (int)sizeof(full))
		return -1;
	return open(full, flags | O_CLOEXEC);
}

/* True if the hierarchy exists, but the cgroup doesn't any more. */
static bool is_gone(const struct hierarchy *h)
{
	char root[64];

	if (errno != ENOENT)
		return false;
	(void)snprintf(root, sizeof(root), "%s/cgroup.procs", h->mount);
	return access(root, F_OK) == 0;
}

static enum freezer_outcome freeze(const struct hierarchy *h,
				   const char *cgroup, struct freezer *ret)
{
	OWNED(close_owned) int fd = -1;
	OWNED(close_owned) int state = -1;
	size_t len;
	const char *path = cgroup_path(cgroup, h->controller, &len);

	/* "/..": we are in a cgroup namespace that the cgroup isn't in. */
	if (!path || len == 0 || strncmp(path, "/..", 3) == 0 ||
	    we_are_in(h->controller, path, len))
		return FREEZER_NONE;
	fd = open_file(h, path, len, h->file, O_RDWR);
	if (fd < 0)
		return is_gone(h) ? FREEZER_FROZEN : FREEZER_NONE;
	state = open_file(h, path, len, h->state, O_RDONLY);
	if (state < 0 || !has_line(fd, h->thawed) ||
	    file_write_all(fd, h->frozen, strlen(h->frozen)) < 0)
		return FREEZER_NONE;
	ret->fd = FD_MOVE(fd);
	ret->thaw = h->thawed;
	return wait_until_frozen(state, h->reached) ? FREEZER_FROZEN
						    : FREEZER_WAITS;
}

enum freezer_outcome freezer_freeze(const char *cgroup, struct freezer *ret)
{
	enum freezer_outcome outcome = FREEZER_NONE;

	ret->fd = -1;
	for (size_t i = 0;
	     i < ARRAY_LEN(hierarchies) && outcome == FREEZER_NONE; i++)
		outcome = freeze(&hierarchies[i], cgroup, ret);
	return outcome;
}

void freezer_thaw(struct freezer *freezer)
{
	if (freezer->fd >= 0)
		(void)!file_write_all(freezer->fd, freezer->thaw,
				      strlen(freezer->thaw));
	close_owned(&freezer->fd);
}
