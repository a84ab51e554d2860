/*
 * volumes_list - the binds of a specification, and for each what is known of
 * who writes behind it, and what is to be done with it. Filled in by
 * volumes_find, and cleared by volumes_clear (volumes.c).
 */
#pragma once

#include "behind_internal.h"
#include "identity.h"
#include "kubelet_internal.h"
#include "location.h"
#include "volume.h"

#include <stdbool.h>
#include <stddef.h>

struct volume {
	const char *destination; /* the specification's */
	char *path;		 /* on the host, as the specification has it */
	int fd;			 /* O_PATH */
	bool folder;
	bool recursive;	     /* with what is mounted below */
	bool writable_below; /* where that isn't read-only itself */
	struct location at;
	struct location *below; /* mounts that it shows, too */
	size_t below_count;
	/* Parts of it that the container writes by another mount: left out.
	 * Those that only their mount tells have no numbers but its own. */
	struct identity *holes;
	struct location *hole_places;
	size_t hole_count;
	/* The folders that its name leads through (way.h). */
	struct location *way;
	size_t way_count;
	struct behind behind;		/* of all of these */
	struct kubelet_folders kubelet; /* where it is read-only */
	bool remountable;		/* the container can make it writable */
	struct volume_facts facts;
	struct volume_plan plan;
};

struct volumes {
	struct mounts *mounts;
	struct volume *list;
	size_t count;
	/* Places outside of its root that this container can write to. */
	struct location *written;
	size_t written_count;
};
