/*
 * volumes_list - the binds of a specification, and for each the facts about its
 * writers, and the plan for its seal. Filled in by volumes_find, and cleared by
 * volumes_clear (volumes.c).
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
	bool recursive;	     /* with the mounts below its source */
	bool writable_below; /* those mounts stay as writable as they are */
	struct location at;
	struct location *below; /* the places of those mounts */
	size_t below_count;
	/* Parts that the container writes by another mount; they are left out
	 * of the seal. A part that is known by its mount alone has no other
	 * number. */
	struct identity *holes;
	struct location *hole_places;
	size_t hole_count;
	/* The folders that its name leads through (way.h). */
	struct location *way;
	size_t way_count;
	struct behind behind;		/* the places behind all of these */
	struct kubelet_folders kubelet; /* set for a read-only bind */
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
