/*
 * look - at one file, by its descriptor: what it is, whether it is a sealed
 * one, whether anybody can write it. The steps of a judgement (judge.h).
 */
#pragma once

#include "inspection.h"
#include "judge_open.h"
#include "notify.h"
#include "target.h"

/* One judgement under way. */
struct look {
	const struct judge *judge;
	struct target target;
	enum pace pace;
	bool maps_privately;
	struct identity exe; /* of the program that was loaded */
	/* How many of its arguments are those of an interpreter of binfmt_misc,
	 * before what the program itself is given. */
	unsigned foreign_words;
	struct inspection *out;
};

/* What a look at one file says beside its facts. */
struct found {
	enum file_kind kind;
	char interpreter[PATH_MAX];
};

/* The device is one that the image's own files show. */
bool look_is_image(const struct judge *judge, uint64_t dev);

/* It is an untouched file of a lower layer, where path says, whether it was
 * sealed or not. */
bool look_is_untouched(const struct judge *judge, const struct identity *id,
		       const char *path);

/* The nature of fd (O_PATH), of which nothing is read. */
enum nature look_nature(const struct judge *judge, int fd);

/* Add the file fd (O_PATH) to the facts. OUTCOME_DECIDED or OUTCOME_SLOW. */
enum outcome look_at(struct look *look, int fd, enum role role,
		     struct found *ret);

/*
 * Read the last of the facts, whose path is fd (O_PATH): what it is, its
 * digest, and whether anybody can write it. sealed: the path that a file with
 * its stat was sealed at, or NULL. OUTCOME_SLOW: its digest is to come
 * (inspection.waits).
 */
enum outcome look_read(struct look *look, int fd, const char *sealed,
		       struct found *ret);

/* Something of that size was shipped; of others no digest is listed. */
bool look_size_shipped(const struct judge *judge, uint64_t size);

/* The digest of a file that isn't one of the facts. OUTCOME_DECIDED, _SLOW as
 * above, or _ERROR where it can't be had. */
enum outcome look_digest(struct look *look, int fd, const struct identity *id,
			 uint8_t ret_digest[DIGEST_SIZE]);

/* It was added already. Not by its times: the mark by which a lease on an
 * upper file is proven (lease.h), of another thread's too, changes them. */
bool look_seen(const struct look *look, const struct identity *id);

/* A path as the target means it, O_PATH; EAGAIN: not at this pace. */
MUST_CHECK int look_open(struct look *look, int dirfd, const char *path,
			 int flags, int *ret_fd, struct err *e);

/* Something can't be looked at: no reason to let it pass. OUTCOME_DECIDED. */
enum outcome look_unresolvable(struct look *look);

/* Permissions don't stop us: where we may not look, as into somebody's FUSE,
 * the target may, and what it executes there has to be judged. Any other error
 * is what the call fails with. */
enum outcome look_fail(struct look *look, const struct err *e);

/* An errno that is not the path's: it says nothing of what is there. */
bool look_failed_itself(int error);

/*
 * The program in fd and all that it brings: the interpreters of its #! chain,
 * and the last one's ELF interpreter. stop_at: a file that the chain need not
 * go beyond, since it is judged already.
 */
enum outcome look_at_chain(struct look *look, int take_fd,
			   const struct identity *stop_at);

/*
 * Where exe (O_PATH) is an interpreter of the host's binfmt_misc that the
 * kernel started for a program of another machine, add that program, with all
 * that it brings, and then the interpreter. OUTCOME_PASS: it isn't.
 */
enum outcome look_at_foreign(struct look *look, int exe);

/* The same for what a path of the target's names: as look_open. */
enum outcome look_at_named(struct look *look, int dirfd, const char *path,
			   int flags);

/* The file that a mapping of the target's is of; *ret is its identity.
 * OUTCOME_PASS: it was added already. OUTCOME_ERROR: it can't be seen. */
enum outcome look_at_mapping(struct look *look, const struct mapping *mapping,
			     enum role role, struct identity *ret);

/* What the kernel loaded at a target's exec, at which it is stopped. */
enum outcome look_at_loaded(struct look *look);
/*
 * The scripts that the program, the first of the facts, is handed if it is an
 * interpreter. argv: its address of argv, where it is only asked for; 0 where
 * it is loaded, and has arguments of its own.
 */
enum outcome look_at_scripts(struct look *look, uint64_t argv);

/* What an interpreter, stopped, has just opened as its script. */
enum outcome look_at_opened(struct look *look, int fd);

/* What a notified mmap maps; and what lies under an mprotect. */
enum outcome look_at_map(struct look *look, const struct notification *n);
enum outcome look_at_protection(struct look *look,
				const struct notification *n);
