/*
 * seals - seals of volumes, kept for a workload: cache_dir/volumes/<digits> has
 * a manifest for each volume, and a record with the workload's names. podman
 * and docker restart a container under its id, on its upper layer; Kubernetes
 * makes a new one, with the uid of the pod and the name of the container.
 */
#pragma once

#include "container.h"
#include "err.h"
#include "identity.h"
#include "json.h"
#include "location.h"

#define SEALS_RECORD "workload.json"
/* Members of the record, each an object with a member for each volume: its path
 * on the host, for the operator; the source of its seal; whether that was cut
 * off. */
#define SEALS_SOURCES "volumes"
#define SEALS_PLACES  "places"
#define SEALS_CUT     "cut"

enum { SEALS_DIGITS = 32 }; /* in the name of a workload's folder */

struct seals {
	char *folder;
	struct json *record; /* the content of SEALS_RECORD in it */
};

/* A volume, and the source of its kept seal. */
struct seal_source {
	const char *destination;
	const char *path; /* on the host, for the operator */
	const struct location *at;
};

/* Find the folder of a workload by its container's id, root, rootfs, upper,
 * annotations. */
MUST_CHECK int seals_open(const struct container *container, struct seals *ret,
			  struct err *e);
void seals_clear(struct seals *seals);

/* The uid of its pod; NULL: it has none, or it isn't known. Borrowed. */
const char *seals_pod(const struct container *container);

/* True if the kept seal belongs to another file or folder than source; false if
 * that isn't known, as for a server's. */
bool seals_is_of_another(const struct seals *seals,
			 const struct seal_source *source);

/* True if the seal was cut off by a limit. */
bool seals_is_cut(const struct seals *seals, const char *destination);

/* Set in the record that the seal is of source. A first seal keeps the source
 * that it already has. */
MUST_CHECK int seals_note(struct seals *seals, const struct seal_source *source,
			  bool first, struct err *e);
MUST_CHECK int seals_note_cut(struct seals *seals, const char *destination,
			      bool cut, struct err *e);

/* Write the record; removes workloads that are gone for good, now and then. */
MUST_CHECK int seals_keep(const struct seals *seals, const char *cache_dir,
			  struct err *e);

struct seals_swept {
	uint64_t seals; /* one for each volume */
	uint64_t files;
	uint64_t bytes; /* of these */
};

/* Remove the seals whose container, or pod, isn't on this machine any more. */
struct seals_swept seals_sweep(const char *cache_dir);

/* The disk space of all seals. */
uint64_t seals_bytes(const char *cache_dir);

/* The record in a workload's folder; NULL: there is none, or it can't be
 * read. */
struct json *seals_read(const char *folder);

MUST_CHECK int seals_write(const char *folder, const struct json *record,
			   struct err *e);
void seals_remove_member(struct json *object, const char *key);

/* The name, in digits, of a workload that bytes describe. */
MUST_CHECK int seals_digits(const struct buffer *bytes, char ret[DIGEST_HEX],
			    struct err *e);

/* The file of the seal of the volume at destination. NULL: out of memory. */
char *seals_path(const char *folder, const char *destination);

/* Remove one seal: the file first, then its members of the record, so that no
 * crash leaves another seal under its name. */
MUST_CHECK int seals_forget_volume(const char *folder, struct json *record,
				   const char *destination, struct err *e);

/* Call found for each kept seal. False from found ends it. */
void seals_each(const char *cache_dir,
		bool (*found)(void *context, const char *folder,
			      const struct json *record),
		void *context);

/* Forget all of its seals. */
MUST_CHECK int seals_forget(const char *folder, struct err *e);
