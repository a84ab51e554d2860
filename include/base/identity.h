/*
 * identity - the result of a stat of a file, in the form that both the manifest
 * and the kernel room use. Times are nanoseconds since the epoch.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DIGEST_SIZE 32 /* SHA-256, FIPS 180-4 */
#define DIGEST_HEX  (2 * DIGEST_SIZE + 1)

struct identity {
	uint64_t dev; /* makedev-style: major << 32 | minor */
	uint64_t ino;
	uint64_t size; /* bytes */
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint32_t mode; /* type and permissions, inode(7) */
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint64_t mount; /* mount ID, statx(2) */
};

/* The kind of a file of the image; the numbers are stored in manifests. */
enum file_kind {
	KIND_OTHER,  /* has an executable bit, neither of the below  */
	KIND_ELF,    /* a program or a shared library                */
	KIND_SCRIPT, /* starts with #!                               */
	KIND_MEMBER, /* an ELF file inside an archive (.jar, .whl)   */
	KIND_TEXT,   /* text for an interpreter; never run by itself */
	/* The rest are no files of an image: they say what a layer does to the
	 * layers below it. */
	KIND_HIDING, /* a whiteout, or any other file that is no folder */
	KIND_FOLDER, /* merged with those below                        */
	KIND_OPAQUE, /* a folder that hides them                       */
};

/* Same inode, and the same content as far as a stat shows it. */
static inline bool identity_same_content(const struct identity *a,
					 const struct identity *b)
{
	return a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* The same object; its content may have changed. */
static inline bool identity_same_file(const struct identity *a,
				      const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}
