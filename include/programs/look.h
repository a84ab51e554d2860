/*
 * look - at one file, by its descriptor: what it is, whether it is a sealed
 * one, whether anybody can write it. The steps of a judgement (judge.h).
 */
#pragma once

#include "judge.h"
#include "target.h"

/* One judgement under way. */
struct look {
	const struct judge *judge;
	struct target target;
	enum pace pace;
	bool maps_privately;
	struct inspection *out;
};

/* What a look at one file says beside its facts. */
struct found {
	enum file_kind kind;
	char interpreter[PATH_MAX];
};

/* The device is one that the image's own files show. */
bool look_is_image(const struct judge *judge, uint64_t dev);

/* Add the file fd (O_PATH) to the facts. OUTCOME_DECIDED or OUTCOME_SLOW. */
enum outcome look_at(struct look *look, int fd, enum role role,
		     struct found *ret);

/* It was added already. */
bool look_seen(const struct look *look, const struct identity *id);

/* A path as the target means it, O_PATH; EAGAIN: not at this pace. */
MUST_CHECK int look_open(struct look *look, int dirfd, const char *path,
			 int flags, int *ret_fd, struct err *e);

/*
 * The scripts that the program, the first of the facts, is handed if it is an
 * interpreter. argv: its address of argv, where it is only asked for; 0 where
 * it is loaded, and has arguments of its own.
 */
enum outcome look_at_scripts(struct look *look, uint64_t argv);

/* What a notified mmap maps; and what lies under an mprotect. */
enum outcome look_at_map(struct look *look, const struct notification *n);
enum outcome look_at_protection(struct look *look,
				const struct notification *n);
