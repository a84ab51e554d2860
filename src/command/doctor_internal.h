/*
 * doctor_internal - declarations that the parts of doctor share; private to
 * doctor*.c.
 */
#pragma once

#include "attr.h"
#include "config.h"
#include "container.h"
#include "json.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

enum finding { FINDING_OK, FINDING_WEAK, FINDING_MISSING };

/* The output of findings. */
struct findings {
	FILE *out;	   /* a line for each; NULL: the list instead */
	struct json *list; /* an array; or NULL */
	bool whole;	   /* nothing is missing */
};

/* kind: the kind of item, a word of moorctl(8). sentence: the weakness and its
 * remedy; NULL: none. */
void findings_add(struct findings *findings, enum finding finding,
		  const char *kind, const char *name, const char *sentence);

/* Read the configuration; false if it can't be read. The caller clears
 * config. */
bool doctor_configuration(struct findings *findings, struct config *config);

/* Check whether others may write path, which needn't exist. */
void doctor_owner(struct findings *findings, const char *path);

/* The policies beside the configuration file, and in it. */
void doctor_policies(struct findings *findings, const struct config *config,
		     const char *file);

/* The folders and the file that a configuration names. */
void doctor_folders(struct findings *findings, const struct config *config);

/* Our own programs, and the runtimes behind them. */
void doctor_programs(struct findings *findings, const struct config *config);

/* Try a container of our own with each installed runtime. */
void doctor_trials(struct findings *findings, const struct config *config);

/* Check the existing containers. */
void doctor_containers(struct findings *findings, const struct config *config);

/* Report a container's volumes that were cut off by the limit. */
void doctor_volumes_cut(struct findings *findings,
			const struct container *container);

/* Report the kept seals of volumes. */
void doctor_seals(struct findings *findings, const struct config *config);
