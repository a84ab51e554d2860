/*
 * Any archive is read without harm, and its members don't unpack to more than
 * the bound for its size.
 */
#include "archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static int on_member(void *context, const char *member,
		     const uint8_t digest[DIGEST_SIZE], uint64_t size,
		     struct err *e)
{
	uint64_t *sum = context;

	(void)digest;
	(void)e;
	require(member && size);
	*sum += size;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	uint64_t sum = 0;
	const struct archive_visitor visitor = {on_member, NULL, &sum};
	struct err e = {0};

	if (fd < 0)
		fd = memfd_create("archive", MFD_CLOEXEC);
	require(fd >= 0 && ftruncate(fd, 0) == 0);
	require(pwrite(fd, data, size, 0) == (ssize_t)size);
	if (archive_members(fd, size, &visitor, &e) < 0)
		require(e.code);
	require(sum <= (uint64_t)ARCHIVE_UNBOUNDED_MIB * 1024 * 1024 ||
		sum <= ARCHIVE_RATIO_MAX * (uint64_t)size);
	return 0;
}
