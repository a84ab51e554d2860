#include "backing.h"

#include "attr.h"
#include "stat.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool identify(const void *start, long page, struct identity *ret)
{
	OWNED(close_owned) int file = -1;
	char path[96];

	(void)snprintf(path, sizeof(path),
		       "/proc/self/map_files/%" PRIxPTR "-%" PRIxPTR,
		       (uintptr_t)start, (uintptr_t)start + (uintptr_t)page);
	file = open(path, O_PATH | O_CLOEXEC);
	return file >= 0 && stat_identity(file, "", AT_EMPTY_PATH, ret) == 0;
}

bool backing_find(int fd, struct identity *ret)
{
	long page = sysconf(_SC_PAGESIZE);
	/* The page is never touched: the file may be truncated meanwhile. */
	void *start = mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE, fd, 0);
	struct identity opened;
	bool found;

	if (start == MAP_FAILED)
		return false;
	found = identify(start, page, ret);
	(void)munmap(start, (size_t)page);
	return found && stat_identity(fd, "", AT_EMPTY_PATH, &opened) == 0 &&
	       !identity_same_file(&opened, ret);
}
