/*
 * links - the names of one file, so that a walk reads its content once: the
 * first thread that reaches it does, and the others wait for the result. Safe
 * for several threads.
 */
#pragma once

#include "identity.h"

#include <stdbool.h>

struct links;

/* A file of several names; interpreter is borrowed from links. */
struct link_content {
	bool executable; /* else the rest isn't set */
	int error;	 /* it couldn't be read: an errno */
	enum file_kind kind;
	const char *interpreter;
	uint8_t digest[DIGEST_SIZE];
};

struct links *links_new(void); /* NULL: out of memory */
void links_free(struct links *links);

/* The content that was found under another name of the same file. False if
 * there is none, or the file has changed since: the caller reads it itself, and
 * then calls links_settle, whatever the result. Waits for a thread that is
 * reading it now. */
bool links_find(struct links *links, const struct identity *id,
		struct link_content *ret);
void links_settle(struct links *links, const struct identity *id,
		  const struct link_content *content);
