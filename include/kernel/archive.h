/*
 * archive - the ELF files inside zip archives (jar, war, whl, pex, egg ...),
 * which Java and Python extract to load them. An archive is known by its
 * central directory at its end, whatever it is called and whatever lies before
 * it; archives in archives are looked into as well. Bounded, since an image is
 * not to be trusted with our memory or time; the bounds hold for an archive
 * and all those within it together.
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
	ARCHIVE_UNBOUNDED_MIB = 64, /* this much may come out of any archive */
	ARCHIVE_UNPACKED_MIB_MAX = 8 * 1024,
	/* as for a jar in a war in an ear */
	ARCHIVE_DEPTH_MAX = 2,
	/* Compressed archives in archives are unpacked to memory: this much at
	 * a time, by all threads of a process together. */
	ARCHIVE_COPY_MIB_MAX = 256,
	/* An archive's end is searched in this many last bytes of a file: a
	 * longer comment hides it, except in files that are named as
	 * archives. */
	ARCHIVE_TAIL = 4096,
};

/* True if a file is to be opened as an archive: by its end (one read), or
 * because it is called .jar, .war, .zip or .whl. fd is open for reading, size
 * bytes long. */
bool archive_is_one(int fd, uint64_t size, const char *name);

/* The caller of archive_members. */
struct archive_visitor {
	int (*found)(void *context, const char *member,
		     const uint8_t digest[DIGEST_SIZE], uint64_t member_size,
		     struct err *e);
	/* Called for each member, and for every 64 KiB that are unpacked: true
	 * ends the reading, since the caller has no use for the rest. NULL:
	 * never. */
	bool (*over)(void *context);
	void *context;
};

/*
 * Call found for each member that starts with ELF's magic number; one of an
 * archive within is called "inner.jar!/member". fd is open for reading, and
 * size bytes long. -1 where it can't be read as an archive (EILSEQ), goes over
 * a bound (E2BIG), is over (ETIMEDOUT), or found failed.
 */
MUST_CHECK int archive_members(int fd, uint64_t size,
			       const struct archive_visitor *visitor,
			       struct err *e);
