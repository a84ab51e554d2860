/*
 * location - the place of a file or folder: its file system, and its path in
 * that file system, whatever mounts and links lead there. Two mounts of one
 * folder are one place; a subvolume is a folder of its file system. Source:
 * proc_pid_mountinfo(5), whose fields (3) and (4) are read.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct location {
	uint64_t device; /* major << 32 | minor, as mountinfo has it */
	/* The file system's own number, which a reboot doesn't change, and the
	 * mounted device ("/dev/sda2"); 0 and NULL if there is none. */
	uint64_t file_system;
	char *origin;
	char *folder; /* absolute in the file system */
	/* The numbers of that; with ino 0 only the path is known. */
	struct identity identity;
	int64_t birth_ns; /* 0: the numbers may change */
};

/* The relation of one place to another. */
enum relation {
	LOCATION_APART,
	LOCATION_SAME,
	LOCATION_ABOVE, /* the first holds the second */
	LOCATION_BELOW,
};

/* The mounts of this process's namespace at the moment of reading. */
struct mounts;

MUST_CHECK int mounts_read(struct mounts **ret, struct err *e);
void mounts_owned(struct mounts **mounts);

/* Find the place of an open file or folder; O_PATH is enough. */
MUST_CHECK int location_find(const struct mounts *mounts, int fd,
			     struct location *ret, struct err *e);
void location_clear(struct location *place);

/* True if both have permanent numbers, and these differ: they are different
 * files or folders. */
bool location_differs(const struct location *one, const struct location *other);

enum relation location_relation(const struct location *one,
				const struct location *other);

/* The relation of path to folder, both absolute, by their names. */
enum relation location_compare_paths(const char *path, const char *folder);

/* path is folder, or lies below it. */
bool location_is_within(const char *path, const char *folder);

/* path is in a folder where the runtime mounts the kernel's own file systems:
 * /proc, /sys, /dev. */
bool location_is_kernels(const char *path);

/* A file system as the mounts have it; strings are theirs. */
struct mounts_kind {
	const char *type;
	const char *options; /* the file system's own; "": none */
	const char *point;   /* a mount of all of it, if there is one */
	const char *source;  /* "/dev/sda2", or any word; may be NULL */
	bool top;	     /* it is mounted at "/" */
};

/* False: no mount shows a file system of that number. */
bool mounts_find_kind(const struct mounts *mounts, uint64_t device,
		      struct mounts_kind *ret);

/* folder/rest, where either may be "/"; NULL: no memory. */
char *location_join(const char *folder, const char *rest);

/* point: where it is mounted; place: of its root, without its numbers, but
 * for that of the mount. */
typedef int mounts_below_found(void *context, const char *point,
			       const struct location *place, bool read_only,
			       struct err *e);

/* The mounts below folder, which aren't opened: their servers may be dead. */
MUST_CHECK int mounts_below(const struct mounts *mounts, const char *folder,
			    mounts_below_found *found, void *context,
			    struct err *e);

/* True for an overlay that is mounted where engines and bundles have a
 * container's root. The machine's own root may be an overlay as well, and its
 * upper layer no container's. */
bool mounts_is_container_root(const struct mounts *mounts, const char *point,
			      const struct location *place);

/* The upper and work folders of all overlays that are containers' roots, as far
 * as the mount table has them. device: that of the overlay. */
MUST_CHECK int mounts_uppers(const struct mounts *mounts,
			     int (*found)(void *context, uint64_t device,
					  const char *path, struct err *e),
			     void *context, struct err *e);

/* Each path by which the mounts show the place, until found says true. */
bool mounts_show(const struct mounts *mounts, const struct location *place,
		 bool (*found)(const void *context, const char *path),
		 const void *context);
