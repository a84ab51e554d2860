/*
 * seals - of volumes, kept for a container in all its lives:
 * cache_dir/volumes/<digits> has a manifest for each volume, and a record of
 * whose they are. podman and docker restart a container under its id, on its
 * upper layer; Kubernetes makes a new one, with the uid of the pod and the
 * name of the container.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "identity.h"
#include "json.h"
#include "location.h"

#define SEALS_RECORD "workload.json"
/* Members of it, each an object with a member for each volume: where it is on
 * the host, for the operator; what its seal is of; whether that was cut off. */
#define SEALS_SOURCES "volumes"
#define SEALS_PLACES  "places"
#define SEALS_CUT     "cut"

enum { SEALS_DIGITS = 32 }; /* of a workload's folder's name */

struct seals {
	char *folder;
	struct json *record; /* what is kept in it as SEALS_RECORD */
};

/* A volume, and what its kept seal is of. */
struct seal_source {
	const char *destination;
	const char *path; /* on the host, for the operator */
	const struct location *at;
};

/* Find the folder of a container of which the seal knows id, root, rootfs,
 * upper, annotations. */
MUST_CHECK int seals_open(const struct container *container, struct seals *ret,
			  struct err *e);
void seals_clear(struct seals *seals);

/* The uid of its pod; NULL: it has none, or it isn't told. Borrowed. */
const char *seals_pod(const struct container *container);

/* A seal is kept of another file or folder than source is: not where that can't
 * be told, as of a server's. */
bool seals_is_of_another(const struct seals *seals,
			 const struct seal_source *source);

/* It was cut by a limit. */
bool seals_is_cut(const struct seals *seals, const char *destination);

/* To be recorded: the seal is of source. A first one, which stays, is of what
 * it is known to be of already. */
MUST_CHECK int seals_note(struct seals *seals, const struct seal_source *source,
			  bool first, struct err *e);
MUST_CHECK int seals_note_cut(struct seals *seals, const char *destination,
			      bool cut, struct err *e);

/* Write the record; removes workloads that are gone for good, now and then. */
MUST_CHECK int seals_keep(const struct seals *seals, const char *cache_dir,
			  struct err *e);

struct seals_swept {
	uint64_t seals; /* of a volume each */
	uint64_t files;
	uint64_t bytes; /* of these */
};

/* Remove those whose container, or pod, isn't on this machine any more. */
struct seals_swept seals_sweep(const char *cache_dir);

/* How much all of them take of the disk. */
uint64_t seals_bytes(const char *cache_dir);

/* The record that is kept in a workload's folder; NULL: none, or none that can
 * be read. */
struct json *seals_read(const char *folder);

MUST_CHECK int seals_write(const char *folder, const struct json *record,
			   struct err *e);
void seals_remove_member(struct json *object, const char *key);

/* The name of what bytes tell of: digits. */
MUST_CHECK int seals_digits(const struct buffer *bytes, char ret[DIGEST_HEX],
			    struct err *e);

/* The file that the seal of the volume at destination is kept in. NULL: out of
 * memory. */
char *seals_path(const char *folder, const char *destination);

/* Give up one seal: the file first, then what the record has of it, so that no
 * crash leaves another one under its name. */
MUST_CHECK int seals_forget_volume(const char *folder, struct json *record,
				   const char *destination, struct err *e);

/* For each that is kept. False from found ends it. */
void seals_each(const char *cache_dir,
		bool (*found)(void *context, const char *folder,
			      const struct json *record),
		void *context);

/* Forget all of its seals. */
MUST_CHECK int seals_forget(const char *folder, struct err *e);
