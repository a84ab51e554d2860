#include "freezer.h"

#include "attr.h"
#include "file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 500, CGROUP_TEXT_MAX = 64 * 1024 };

/* A hierarchy that can freeze, and what its files are called and hold. */
struct hierarchy {
	const char *key; /* in /proc/PID/cgroup, from the first colon on */
	const char *mount;
	const char *file, *frozen, *thawed;
	const char *state, *reached; /* where it shows, and by what line */
};

static const struct hierarchy hierarchies[] = {
	{":freezer:", "/sys/fs/cgroup/freezer", "freezer.state", "FROZEN",
	 "THAWED", "freezer.state", "FROZEN\n"},
	{"::", "/sys/fs/cgroup/unified", "cgroup.freeze", "1", "0",
	 "cgroup.events", "frozen 1\n"},
	{"::", "/sys/fs/cgroup", "cgroup.freeze", "1", "0", "cgroup.events",
	 "frozen 1\n"},
};

/* Its path in a hierarchy, of len bytes; NULL: it isn't in one. */
static const char *find_path(const char *cgroup, const char *key, size_t *len)
{
	for (const char *line = cgroup; *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + strspn(line, "0123456789");

		if (strncmp(at, key, strlen(key)) != 0)
			continue;
		at += strlen(key);
		*len = strcspn(at, "\n");
		return at;
	}
	return NULL;
}

static bool we_are_in(const char *key, const char *path, size_t len)
{
	struct buffer own = BUFFER_INIT;
	const char *ours = NULL;
	size_t ours_len = 0;
	bool in = true;

	if (file_read(AT_FDCWD, "/proc/self/cgroup", CGROUP_TEXT_MAX, &own,
		      NULL) == 0)
		ours = find_path(own.data, key, &ours_len);
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

static void wait_until_frozen(int fd, const char *reached)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < TRIES && !has_line(fd, reached); i++)
		(void)nanosleep(&pause, NULL);
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

static bool freeze(const struct hierarchy *h, const char *cgroup,
		   struct freezer *ret)
{
	OWNED(close_owned) int fd = -1;
	OWNED(close_owned) int state = -1;
	size_t len;
	const char *path = find_path(cgroup, h->key, &len);

	if (!path || len == 0 || we_are_in(h->key, path, len))
		return false;
	fd = open_file(h, path, len, h->file, O_RDWR);
	state = open_file(h, path, len, h->state, O_RDONLY);
	if (fd < 0 || state < 0 || !has_line(fd, h->thawed) ||
	    file_write_all(fd, h->frozen, strlen(h->frozen)) < 0)
		return false;
	wait_until_frozen(state, h->reached);
	ret->fd = FD_MOVE(fd);
	ret->thaw = h->thawed;
	return true;
}

bool freezer_freeze(const char *cgroup, struct freezer *ret)
{
	ret->fd = -1;
	for (size_t i = 0; i < ARRAY_LEN(hierarchies); i++)
		if (freeze(&hierarchies[i], cgroup, ret))
			return true;
	return false;
}

void freezer_thaw(struct freezer *freezer)
{
	if (freezer->fd >= 0)
		(void)!file_write_all(freezer->fd, freezer->thaw,
				      strlen(freezer->thaw));
	close_owned(&freezer->fd);
}
