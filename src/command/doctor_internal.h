/*
 * doctor_internal - what the parts of doctor share; private to doctor*.c.
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

/* Where findings go. */
struct findings {
	FILE *out;	   /* a line for each; NULL: to the list */
	struct json *list; /* an array; or NULL */
	bool whole;	   /* nothing is missing */
};

/* kind: what was looked at, a word of moorctl(8). sentence: what it leaves
 * open and what helps; NULL: nothing to say. */
void findings_add(struct findings *findings, enum finding finding,
		  const char *kind, const char *name, const char *sentence);

/* The folder that this program lies in. */
bool doctor_own_folder(char ret[PATH_MAX]);

/* The configuration; false where it can't be read. config is to be cleared. */
bool doctor_configuration(struct findings *findings, struct config *config);

/* Whether others may write path, which may not be there. */
void doctor_owner(struct findings *findings, const char *path);

/* The policies beside the configuration file, and in it. */
void doctor_policies(struct findings *findings, const struct config *config,
		     const char *file);

/* The folders and the file that a configuration names. */
void doctor_folders(struct findings *findings, const struct config *config);

/* Our own programs, and the runtimes behind them. */
void doctor_programs(struct findings *findings, const struct config *config);

/* A container of our own by each runtime that is there. */
void doctor_trials(struct findings *findings, const struct config *config);

/* The containers that are there. */
void doctor_containers(struct findings *findings, const struct config *config);

/* Volumes of one of them that went over their limit. */
void doctor_volumes_cut(struct findings *findings,
			const struct container *container);

/* The seals of volumes that are kept. */
void doctor_seals(struct findings *findings, const struct config *config);
