/*
 * archive - the ELF files inside .jar, .war, .zip and .whl archives, which
 * Java and Python extract to load them. Bounded, since an image is not to be
 * trusted with our memory or time.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ARCHIVE_MEMBERS_MAX = 100 * 1000,
	ARCHIVE_RATIO_MAX = 200,    /* bytes out for one in, over the archive */
	ARCHIVE_UNBOUNDED_MIB = 64, /* so much may come out of any archive */
	ARCHIVE_UNPACKED_MIB_MAX = 8 * 1024,
};

/* Whether a file of that name is looked into. */
bool archive_is_one(const char *name, size_t len);

/*
 * Call found for each member that starts with ELF's magic number. fd is open
 * for reading, and size bytes long. -1 where it can't be read as an archive
 * (EILSEQ), goes over a bound (E2BIG), or found failed.
 */
MUST_CHECK int archive_members(int fd, uint64_t size,
			       int (*found)(void *context, const char *member,
					    const uint8_t digest[DIGEST_SIZE],
					    uint64_t member_size,
					    struct err *e),
			       void *context, struct err *e);
