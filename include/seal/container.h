/*
 * container - the record of one container: a folder below state_dir with
 * container.json, the socket, and the manifest of its volumes. Create writes
 * it, the supervisor reads it, and delete removes it.
 */
#pragma once

#include "config.h"
#include "decision.h"
#include "err.h"
#include "json.h"
#include "manifest.h"
#include "survey.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* The folder in which a seal mounts the image's layers, in a namespace of its
 * own. */
#define SEAL_SCRATCH "layers"

/* A device number as the sealing walk saw it, and as the container's own
 * mount shows it. */
struct device_pair {
	uint64_t walked;
	uint64_t seen;
};

/* A manifest on disk, and the digest that it has to have. */
struct manifest_file {
	char *path; /* NULL: there is nothing in it */
	char *sha256;
};

/* The parts of what is sealed whose manifests are in files: SEALED_ADDED is
 * known at the start, to the supervisor alone. */
enum { SEALED_FILES = SEALED_ADDED };

/* Figures of a create, for the event that the supervisor writes; nothing is
 * decided by them. */
struct seal_counts {
	struct survey_counts image;
	bool cached; /* its manifest was there */
	uint64_t volume_files;
	uint64_t volume_bytes;
	uint64_t volumes_first;	     /* whose first seal was found again */
	uint64_t volumes_left_count; /* not sealed, or not whole */
	struct json *volumes_left;   /* "destination: why" of some, or NULL */
};

/* The record, as container.json has it. */
struct container {
	char *id;
	char *root;    /* --root of the runtime, "" if not given  */
	char *bundle;  /* absolute */
	char *rootfs;  /* absolute */
	char *runtime; /* absolute path of the real one */
	char *name;    /* the engine's name of it, or NULL */
	char *image;   /* its name, or NULL */
	char *policy;  /* name of the chosen policy, or NULL */
	struct config config;
	struct json *annotations; /* of the spec; NULL: none */
	struct manifest_file manifests[SEALED_FILES]; /* by sealed_part */
	struct manifest_file binfmt;		      /* see seal_binfmt.h */
	/* The engine keeps its name and image beside it: then no annotation
	 * speaks for it, but with CRI-O CRI-O's own. */
	bool engine_named;
	bool crio;
	bool overlay; /* the root is one */
	bool overlay_writable;
	char *upper; /* or NULL */
	/* Folders of the lower layers, where stat_trusted; else NULL. */
	struct json *lowers;
	bool stat_trusted;
	bool reads_may_block;
	bool cgroups_left; /* cgroups.h: its processes may be in any */
	/* Rootless: a mapping's file is identified by its numbers. */
	bool mapped_by_number;
	struct device_pair devices[MANIFEST_DEVICES_MAX];
	size_t device_count;
	/* Hooks of the specification run before the start, and files that they
	 * add are sealed: those newer than created_ns (CLOCK_REALTIME), and
	 * mounts that aren't the specification's. */
	bool hooks_added;
	uint64_t created_ns;
	struct json *mounts;	  /* destinations */
	struct json *sources;	  /* of its binds: container_name_source */
	struct json *drivers;	  /* spec_drivers */
	struct json *volumes_cut; /* destinations: by a limit; or NULL */
	/* Destinations of read-only mounts that count as writable, and of
	 * those whose updates count. */
	struct json *volumes_written;
	struct json *volumes_followed;
	struct seal_counts counts; /* for the event of the seal */
};

void container_clear(struct container *container);

/* The places that its names are found in; borrowed from it. */
struct workload_source container_names(const struct container *container);

/* The value of the first of the annotations keys (NULL: the end) that exists
 * and that the container's engine writes itself; NULL: none. */
const char *container_annotation(const struct container *container,
				 const char *const keys[]);

/* The host's path of a bind's source; NULL: no memory. */
char *container_source(const struct container *container, const char *source);

/* A file or folder by its numbers: text to compare. */
void container_name_source(const struct stat *st, char ret[64]);

/* state_dir/<16 hexadecimal digits of a digest of root and id>: ids are
 * unique below one --root only. NULL: out of memory. */
char *container_folder(const char *state_dir, const char *root, const char *id);

MUST_CHECK int container_write(const struct container *container,
			       const char *folder, struct err *e);
MUST_CHECK int container_read(const char *folder, struct container *ret,
			      struct err *e);

/* Mark folder as supervised by this process: a lock that ends with it, and
 * whose descriptor stays open on purpose. EBUSY: it has a supervisor. */
MUST_CHECK int container_lock(const char *folder, struct err *e);

/* Claim folder for this process, to create a container in, until it ends or a
 * supervisor holds it. EBUSY: another process claims or supervises it. */
MUST_CHECK int container_claim(const char *folder, struct err *e);

/* The supervisor's pid, as the kernel knows the lock's holder; 0: none; -1:
 * there is one, in another pid namespace. */
int container_supervisor(const char *folder);

/* End the supervisor, if there is one. Waits for at most 5 s, then kills. */
MUST_CHECK int container_end(const char *folder, struct err *e);

/* Remove the folder's files and itself. */
void container_remove(const char *folder);
