/*
 * decision - manifest + policy + facts → verdict and reason. Pure; the same
 * function judges the request of a notification and then, as a whole again, the
 * file that the kernel really loaded.
 */
#pragma once

#include "config.h"
#include "manifest.h"
#include "reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero denies: a decision that no code filled in fails closed. */
enum verdict { VERDICT_DENY, VERDICT_ALLOW };

/* The role of a file in the exec or the mapping that is judged. */
enum role {
	ROLE_PROGRAM,	  /* the requested file */
	ROLE_INTERPRETER, /* named by the #! line of the one before    */
	ROLE_ELF_INTERPRETER,
	ROLE_LIBRARY, /* mapped executable                         */
	ROLE_SCRIPT,  /* handed to an interpreter                  */
};

/* The state of the lease that holds writers off a mapped file (libraries:
 * strict). */
enum keeping {
	KEEPING_NONE,	 /* it was held, or needn't be */
	KEEPING_WRITTEN, /* a process opens it for writing */
	KEEPING_FULL,	 /* too many are mapped           */
};

enum place {
	PLACE_UNKNOWN,
	PLACE_IMAGE,		/* the root file system                */
	PLACE_VOLUME,		/* a mount that the container can write */
	PLACE_VOLUME_READ_ONLY, /* a mount that it can't write */
	PLACE_VOLUME_FOLLOWED,	/* the same; only the engine writes it, and
				   policy follows its updates */
	PLACE_FOREIGN,		/* a mount that it wasn't started with */
	PLACE_MEMORY,		/* memfd and unlinked files in memory  */
};

/* The origin of a file's mount that isn't in the baseline (PLACE_FOREIGN), or
 * counts as part of one that is. */
enum arrival {
	ARRIVAL_OWN, /* the container made it, or nothing depends on it */
	ARRIVAL_PROPAGATED, /* the host mounted it below one of the baseline */
	ARRIVAL_UNSEEN,	    /* the host may have, but the tables of mounts don't
			       show it: a copy, a moved mount, or a host that can't
			       be seen */
	ARRIVAL_SHARED, /* the container shares mounts with the host, so that
			   its maker isn't known */
};

/* The kind of object that is mapped or executed: not all are regular files. */
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
	/* The path is proven, not only the target's claim: the file was found
	 * there in the root file system as the host has it, or its mount is in
	 * the baseline. */
	bool placed;
	/* Mount point; NULL: the mount isn't in the baseline, nor one that the
	 * host made below such a mount, or it wasn't looked up. */
	const char *mount;
	/* Mount point of the mount below which the host made this one; NULL:
	 * none, or it wasn't looked up. */
	const char *bind;
	enum arrival arrival;
	bool overlay; /* PLACE_FOREIGN: on an overlay */
	bool elf;
	bool frozen;  /* in memory, with all seals: no process can change it */
	bool private; /* mapped so that writes go to a copy, as loaders do */
	/* Its stat alone says that it is the entry with this digest. */
	bool stat_matches;
	/* The file lies in a layer of the image, and wasn't copied up: no write
	 * of the container's reaches it. */
	bool lower;
	/* A stat alone proves that it is the unwritten file of a lower layer at
	 * this path, sealed or not. */
	bool untouched;
	/* The image ships no file of its size, or its writers can't be known:
	 * it needn't be read. */
	bool unread;
	/* The file was read and hashed. */
	bool hashed;
	uint8_t digest[DIGEST_SIZE]; /* if hashed or stat_matches */
	/* No process can write it any more while it runs, or since it was
	 * hashed (a lease, or the exec's own denial of writers, and no stale
	 * mapping). */
	bool held;
	enum keeping keeping;
	/* It is an interpreter that the host's binfmt_misc keeps open, started
	 * for a program that is among the files, too. */
	bool registered;
};

enum {
	FILES_MAX = 16
}; /* 6 of a #! chain, its ELF interpreter, 4 scripts
    * handed to it, or 6 files of a module and its packages', spare */

struct facts {
	bool proven; /* false: requested; true: loaded by the kernel */
	bool maps; /* the request is for executable memory, not for a program */
	/* It is System V shared memory, which is no file. */
	bool segment;
	/* The files were judged before, and allowed; a new fact hinders the
	 * proof. */
	bool judged;
	bool traced;  /* by another tracer                           */
	bool outside; /* traced: by a tracer outside of the container */
	bool unheld;  /* it can't be seized: there will be no proof */
	bool unresolvable;
	bool unread;  /* unresolvable: the memory that names a file */
	bool implied; /* unresolvable: all that is mapped, personality(2) */
	bool unclear; /* an interpreter's arguments may name other scripts */
	bool timed_out;
	bool overwritten; /* a process is about to write a mapped file */
	const char
		*process; /* the executing program, as last proven; or NULL */
	struct file_facts files[FILES_MAX];
	size_t count;
};

/* The parts of what was sealed; each has a manifest of its own. */
enum sealed_part {
	SEALED_IMAGE,
	SEALED_VOLUMES,	 /* volumes that no container writes, as now */
	SEALED_WRITABLE, /* volumes that a container can write: first seals */
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
	enum reason reason; /* why it is drift, also if flagged */
	bool flagged;	    /* drift that policy allows */
	size_t file;	    /* index of the file that is the reason, or that
			     * the exception is for */
	int64_t allow_rule; /* index of the exception used, or -1  */
};

/* The path that the image shipped this program under, whatever the target's
 * mounts make of it; path, if that is one of several. NULL: it isn't of the
 * image. */
const char *decision_shipped_as(const struct sealed *sealed,
				const struct file_facts *file);

void decision_make(const struct sealed *sealed, const struct config *config,
		   const struct facts *facts, struct decision *ret);
