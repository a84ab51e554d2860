/*
 * decision - manifest + policy + facts → verdict and reason. Pure; the same
 * function judges what a notification asks for and, again and whole, what
 * the kernel then really loaded.
 */
#pragma once

#include "config.h"
#include "event.h"
#include "manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero denies: a decision nobody filled in fails closed. */
enum verdict { VERDICT_DENY, VERDICT_ALLOW };

/* What a file is to the exec or the mapping that is judged. */
enum role {
	ROLE_PROGRAM,	  /* the file that was asked for               */
	ROLE_INTERPRETER, /* named by the #! line of the one before    */
	ROLE_ELF_INTERPRETER,
	ROLE_LIBRARY, /* mapped executable                         */
	ROLE_SCRIPT,  /* handed to an interpreter                  */
};

/* Whether writers are held off a file while it is mapped (libraries:
 * strict). */
enum keeping {
	KEEPING_NONE,	 /* it was held, or need not be   */
	KEEPING_WRITTEN, /* somebody opens it for writing */
	KEEPING_FULL,	 /* too many are mapped           */
};

enum place {
	PLACE_UNKNOWN,
	PLACE_IMAGE,		/* the root file system                */
	PLACE_VOLUME,		/* a mount that the container can write */
	PLACE_VOLUME_READ_ONLY, /* one that it can't                   */
	PLACE_VOLUME_FOLLOWED,	/* ... and that only the engine writes, and
				 * policy follows its updates */
	PLACE_FOREIGN,		/* one that it wasn't started with     */
	PLACE_MEMORY,		/* memfd and unlinked files in memory  */
};

/* How the mount of a file came, where that is none of the start (PLACE_FOREIGN)
 * or counts as part of one. */
enum arrival {
	ARRIVAL_OWN,	    /* the container made it, or it isn't asked   */
	ARRIVAL_PROPAGATED, /* the host mounted it below one of the start */
	ARRIVAL_UNSEEN,	    /* it may have, but the tables of mounts don't show
			     * it: a copy, one that was moved, or a host that
			     * can't be seen                              */
	ARRIVAL_SHARED,	    /* the container shares mounts with the host, so
			     * that who made it can't be told             */
};

/* The kind of what is mapped or executed: not all of it is a file's. */
enum nature {
	NATURE_FILE,	  /* judged by its content                     */
	NATURE_ANONYMOUS, /* /dev/zero: memory that has none           */
	NATURE_DRIVER,	  /* character device of the specification's   */
	NATURE_SPECIAL,	  /* any other device, FIFO, socket or folder; and
			   * procfs, sysfs and their like             */
};

struct file_facts {
	enum role role;
	enum nature nature;
	enum place place;
	const char *path; /* as the target sees it; NULL: not known */
	/* It lies at path by more than the target's word: it was found there in
	 * the root file system as the host has it, or its mount is one that
	 * the container was started with. */
	bool placed;
	/* Mount point; NULL: not one that the container was started with, nor
	 * one that the host mounted below such a one, or nobody asked. */
	const char *mount;
	/* Mount point of the one that it is a part of, since the host mounted
	 * it there; NULL: of none, or nobody asked. */
	const char *bind;
	enum arrival arrival;
	bool overlay; /* PLACE_FOREIGN: on an overlay */
	bool elf;
	bool frozen;  /* in memory, with all seals: nobody can change it */
	bool private; /* mapped so that writes go to a copy, as loaders do */
	/* By stat alone it is the entry whose digest this is. */
	bool stat_matches;
	/* It lies in a layer of the image, and wasn't copied up: no write of
	 * the container's reaches it. */
	bool lower;
	/* A stat alone says that it is a file of a lower layer, sealed or not,
	 * at that very path: nobody has written it. */
	bool untouched;
	/* Nothing of its size was shipped, or it lies where nobody can tell
	 * who writes: it need not be read. */
	bool unread;
	/* Read and hashed. */
	bool hashed;
	uint8_t digest[DIGEST_SIZE]; /* if hashed or stat_matches */
	/* Nobody can write it any more while it runs, or since it was hashed
	 * (a lease, or the exec's own denial of writers, and no stale
	 * mapping). */
	bool held;
	enum keeping keeping;
	/* An interpreter that the host's binfmt_misc keeps open, started for a
	 * program that is among the files, too. */
	bool registered;
};

enum {
	FILES_MAX = 16
}; /* 6 of a #! chain, its ELF interpreter, 4 scripts
    * handed to it, or 6 files of a module and its packages', spare */

struct facts {
	bool proven; /* false: asked for; true: loaded by the kernel */
	bool maps;   /* asks for executable memory, not for a program */
	/* It is System V shared memory, which is no file. */
	bool segment;
	/* The files were judged before, and allowed; what is new hinders the
	 * proof. */
	bool judged;
	bool traced;  /* by another tracer                           */
	bool outside; /* traced: by one that is none of the container's */
	bool unheld;  /* it can't be seized: nothing will be proven   */
	bool unresolvable;
	bool unclear; /* an interpreter's arguments may name other scripts */
	bool timed_out;
	bool overwritten; /* somebody comes to write a file that is mapped */
	const char
		*process; /* program that executes, as last proven; or NULL */
	struct file_facts files[FILES_MAX];
	size_t count;
};

/* The parts of what was sealed; each has a manifest of its own. */
enum sealed_part {
	SEALED_IMAGE,
	SEALED_VOLUMES,	 /* volumes that nobody writes, as they are now      */
	SEALED_WRITABLE, /* volumes that somebody writes, as they were first */
	SEALED_ADDED,	 /* files that hooks add before the start            */
};

enum { SEALED_PARTS = SEALED_ADDED + 1 };

struct sealed {
	const struct manifest *manifests[SEALED_PARTS]; /* NULL: empty */
	/* An unchanged stat means unchanged content on this root (overlay
	 * lower layers of a file system that can be trusted so). */
	bool stat_trusted;
};

struct decision {
	enum verdict verdict;
	enum reason reason; /* why it is drift, also where flagged */
	bool flagged;	    /* drift that policy lets run          */
	size_t file;	    /* index of the file that is the reason, or that
			     * the exception is for */
	int64_t allow_rule; /* index of the exception used, or -1  */
};

/* The path that the image shipped this program under; path, if that is one of
 * several. NULL: it isn't of the image. Not what the target's mounts make of
 * it. */
const char *decision_shipped_as(const struct sealed *sealed,
				const struct file_facts *file);

void decision_make(const struct sealed *sealed, const struct config *config,
		   const struct facts *facts, struct decision *ret);
