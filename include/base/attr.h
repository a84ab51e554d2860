/*
 * attr - the few annotations the tree uses: results that must be checked, and
 * values that clean up after themselves when their scope ends.
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK	__attribute__((warn_unused_result))
#define PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))

/* OWNED(close_owned) int fd = -1; */
#define OWNED(function) __attribute__((cleanup(function)))

/* Give an owned pointer away: its variable is NULL afterwards. */
#define PTR_MOVE(p)                                                            \
	__extension__({                                                        \
		__typeof__(p) moved_ = (p);                                    \
		(p) = NULL;                                                    \
		moved_;                                                        \
	})

/* Give an owned descriptor away: its variable is -1 afterwards. */
#define FD_MOVE(fd)                                                            \
	__extension__({                                                        \
		int moved_ = (fd);                                             \
		(fd) = -1;                                                     \
		moved_;                                                        \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline void close_owned(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* For any pointer from malloc: OWNED(free_owned) char *text = NULL; */
static inline void free_owned(void *pointer_to_pointer)
{
	void **p = pointer_to_pointer;

	free(*p);
	*p = NULL;
}
