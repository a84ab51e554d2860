/*
 * event_internal - members of one event under dotted names, as ECS writes
 * them: "process.parent.pid" is {"process":{"parent":{"pid":…}}}. Private to
 * event.c (the members), event_head.c (the kind of event, in ECS' words) and
 * event_fields.c.
 */
#pragma once

#include "json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The limits of one line. */
struct field_limits {
	size_t args;	  /* arguments of a process */
	size_t arg;	  /* bytes of each */
	size_t ancestors; /* processes */
	size_t text;	  /* bytes, PATH_MAX where there is room */
	size_t listed;	  /* paths of files */
};

struct fields {
	const struct field_limits *limits;
	bool failed;	/* out of memory; what follows does nothing       */
	bool truncated; /* something was longer than the limits and was cut */
};

/* Put a value into object under a dotted name, making the objects between.
 * Takes take_value in any case. */
void fields_put(struct fields *fields, struct json *object, const char *name,
		struct json *take_value);

/* Put any bytes up to the NUL, cut at a character. Does nothing if text is
 * NULL. */
void fields_text(struct fields *fields, struct json *object, const char *name,
		 const char *text);

/* Append any bytes to an array, cut to max. */
void fields_append(struct fields *fields, struct json *array, const char *bytes,
		   size_t len, size_t max);

/* NUL-separated strings as an array. */
void fields_args(struct fields *fields, struct json *object, const char *name,
		 const char *args, size_t len);

/* Put a number; does nothing if it is negative. */
void fields_number(struct fields *fields, struct json *object, const char *name,
		   int64_t number);
/* ECS has identifiers as keywords, which are strings. */
void fields_keyword(struct fields *fields, struct json *object,
		    const char *name, int64_t number);

/* RFC 3339, UTC, nanoseconds. */
void fields_time(struct fields *fields, struct json *object, const char *name,
		 struct timespec time);

struct event;

/* Put when and what: the time, and ECS' words for the action. */
void event_put_head(struct fields *fields, struct json *root,
		    const struct event *event);
