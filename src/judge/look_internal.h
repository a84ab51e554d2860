/*
 * look - inspects files, by their descriptors: of each its kind, whether it is
 * sealed, whether any process can write it; and finds those that belong to one
 * exec or mapping. These are the steps of a judgement (judge.h).
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
	/* The number of arguments that belong to an interpreter of binfmt_misc,
	 * before those of the program itself. */
	unsigned foreign_words;
	struct inspection *out;
};

/* The result of inspecting one file, beside its facts. */
struct found {
	enum file_kind kind;
	char interpreter[PATH_MAX];
};

/* True if the image's own files have this device. */
bool look_is_image(const struct judge *judge, uint64_t dev);

/* True if it is an untouched file of a lower layer, at path, whether it was
 * sealed or not. */
bool look_is_untouched(const struct judge *judge, const struct identity *id,
		       const char *path);

/* The place of the last file of the facts, with its mount if the baseline is
 * known. Exceptions don't apply to a mount that the container made itself. */
enum place look_place(const struct look *look, int fd,
		      const struct identity *id, struct file_facts *file);

/* True if a decision about a listed file depends on its path. */
bool look_path_matters(const struct judge *judge);

/* True if the file is at its path for the host, too, or its mount is of the
 * baseline: the path that the target sees may depend on mounts of its own. */
bool look_is_placed(const struct judge *judge, const struct identity *id,
		    const struct file_facts *file);

/* The nature of fd (O_PATH), which isn't read. */
enum nature look_nature(const struct judge *judge, int fd);

/* Add the file fd (O_PATH) to the facts. OUTCOME_DECIDED or OUTCOME_SLOW. */
enum outcome look_at(struct look *look, int fd, enum role role,
		     struct found *ret);

/* Read the last file of the facts, open as fd (O_PATH): its kind, its digest,
 * and whether any process can write it. sealed: the path at which a file with
 * its stat was sealed, or NULL. OUTCOME_SLOW: its digest is to come
 * (inspection.waits). */
enum outcome look_read(struct look *look, int fd, const char *sealed,
		       struct found *ret);

/* True if a file of that size was shipped; others have no listed digest. */
bool look_size_shipped(const struct judge *judge, uint64_t size);

/* The digest of a file that isn't one of the facts. OUTCOME_DECIDED, _SLOW as
 * above, or _ERROR if it can't be computed. */
enum outcome look_digest(struct look *look, int fd, const struct identity *id,
			 uint8_t ret_digest[DIGEST_SIZE]);

/* True if it was added already. Times aren't compared: the mark that proves a
 * lease on an upper file (lease.h), also one of another thread, changes
 * them. */
bool look_seen(const struct look *look, const struct identity *id);

/* Open a path as the target resolves it, O_PATH; EAGAIN: not at this pace. */
MUST_CHECK int look_open(struct look *look, int dirfd, const char *path,
			 int flags, int *ret_fd, struct err *e);

/* Decide about a file that can't be inspected: it isn't allowed.
 * OUTCOME_DECIDED. */
enum outcome look_unresolvable(struct look *look);

/* Choose the outcome of an error. If we lack the permission, as for a user's
 * FUSE, the target may have it, and the file has to be judged. Any other error
 * is the call's. */
enum outcome look_fail(struct look *look, const struct err *e);

/* True for an errno of our own, which says nothing about the path. */
bool look_failed_itself(int error);

/* The program in fd and all that it brings: the interpreters of its #! chain,
 * and the last one's ELF interpreter. stop_at: a file where the chain ends,
 * since it is judged already. */
enum outcome look_at_chain(struct look *look, int take_fd,
			   const struct identity *stop_at);

/* If exe (O_PATH) is an interpreter of the host's binfmt_misc that the kernel
 * started for a program of another machine, add that program, with all files
 * that belong to it, and then the interpreter. OUTCOME_PASS: it isn't. */
enum outcome look_at_foreign(struct look *look, int exe);

/* The same for a file that a path of the target names: as look_open. */
enum outcome look_at_named(struct look *look, int dirfd, const char *path,
			   int flags);

/* Add the files of the target's mappings. *ret_own, if it isn't NULL, becomes
 * true if one of them is the first file of the facts. OUTCOME_PASS: there was
 * none to add. */
enum outcome look_at_mappings(struct look *look, const struct mapping *mappings,
			      size_t count, enum role role, bool *ret_own);

/* The same where mappings can't be followed (rootless): the kernel has mapped
 * the program and the interpreter that it names. A mapping with the
 * interpreter's numbers, on the image, if these identify a single file, is that
 * file. */
enum outcome look_at_numbers(struct look *look, const struct mapping *mappings,
			     size_t count, const char *interpreter);

/* Add the files that the kernel loaded at the exec at which the target is
 * stopped. */
enum outcome look_at_loaded(struct look *look);

/* Add the scripts in the arguments of the program, the first file of the facts,
 * if it is an interpreter. argv: the address of argv at the request; 0 if the
 * program is loaded, and has arguments of its own. */
enum outcome look_at_scripts(struct look *look, uint64_t argv);

/* The same for a program that is this interpreter. */
enum outcome look_at_words(struct look *look, enum interpreter kind,
			   uint64_t argv);

/* The interpreter whose file has this digest, as the image ships it. */
enum interpreter look_interpreter(const struct judge *judge,
				  const uint8_t digest[DIGEST_SIZE]);

/* Add the file that a stopped interpreter has just opened as its script. */
enum outcome look_at_opened(struct look *look, int fd);

/* Add the file of a notified mmap; and the files under an mprotect. */
enum outcome look_at_map(struct look *look, const struct notification *n);
enum outcome look_at_protection(struct look *look,
				const struct notification *n);
