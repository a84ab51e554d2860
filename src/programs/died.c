#include "died.h"

#include "container.h"

#include <fcntl.h>
#include <stdio.h>

static char *path_in(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool is_claimed(const char *folder)
{
	struct flock claim = {.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = 1,
			      .l_len = 1};
	OWNED(free_owned) char *path = path_in(folder, "lock");
	OWNED(close_owned)
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	return fd < 0 || fcntl(fd, F_OFD_GETLK, &claim) < 0 ||
	       claim.l_type != F_UNLCK;
}

static bool has_file(const char *folder, const char *name)
{
	OWNED(free_owned) char *path = path_in(folder, name);

	return path && access(path, F_OK) == 0;
}

bool died_check(const char *folder)
{
	return has_file(folder, "container.json") && !is_claimed(folder) &&
	       !container_supervisor(folder) && !has_file(folder, "lost") &&
	       has_file(folder, "container.json");
}

bool died_first(const char *folder)
{
	OWNED(free_owned) char *path = path_in(folder, "died");
	OWNED(close_owned)
	int fd =
		path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
		     : -1;

	return fd >= 0;
}
