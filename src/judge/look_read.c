#include "backing.h"
#include "binary.h"
#include "caller.h"
#include "digests.h"
#include "filesystem.h"
#include "lease.h"
#include "look_internal.h"
#include "start.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool on_image_overlay(const struct judge *judge,
			     const struct identity *id)
{
	return judge->container->overlay && look_is_image(judge, id->dev);
}

/* sealed: the path that a file with its stat was sealed at, or NULL. A layer's
 * file lies there, whatever the target calls it. */
static bool is_held_on_overlay(const struct container *c, int fd,
			       struct file_facts *file, const char *sealed,
			       int *ret_lease)
{
	const char *path = sealed && !file->placed ? sealed : file->path;
	struct identity id;
	struct identity found;
	struct err e;

	file->lower = !c->overlay_writable;
	if (!c->overlay_writable || (sealed && c->stat_trusted))
		return true;
	/* A changed file is drift if the upper folder isn't known. */
	if (!c->upper)
		return sealed;
	if (lease_unwritten(fd, c->upper, path, ret_lease, &e) == 0)
		return true;
	/* The file lies at its path as it was sealed, and isn't in the upper
	 * folder: it wasn't copied up. */
	file->lower = sealed && e.code == ENOENT &&
		      stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0 &&
		      stat_within(c->rootfs, path, &found) == 0 &&
		      identity_same_content(&found, &id);
	return file->lower;
}

/*
 * No writer of the file is left; new writers are held off by the exec itself (a
 * program), or, with libraries: strict, by the lease that is kept (what is
 * mapped). *ret_lease: the lease that proves it, or -1.
 */
static bool is_held(const struct look *look, int fd, const struct identity *id,
		    const char *sealed, struct file_facts *file, int *ret_lease)
{
	const struct judge *judge = look->judge;

	if (on_image_overlay(judge, id))
		return is_held_on_overlay(judge->container, fd, file, sealed,
					  ret_lease);
	if (!filesystem_is_stable(fd))
		return look_is_image(judge, id->dev);
	return lease_unwritten(fd, NULL, NULL, ret_lease, NULL) == 0;
}

/* A file of another size has no listed digest. */
bool look_size_shipped(const struct judge *judge, uint64_t size)
{
	return judge->any_size || (judge->start && start_added(judge->start)) ||
	       bsearch(&size, judge->sizes, judge->size_count, sizeof(size),
		       judge_compare_sizes);
}

static uint64_t hash_limit(const struct judge *judge)
{
	const struct manifest *added =
		judge->start ? start_added(judge->start) : NULL;

	return added && manifest_largest(added) > judge->hash_limit
		       ? manifest_largest(added)
		       : judge->hash_limit;
}

/* Mapped files stay leased for as long as they are mapped (kept.h). */
static bool is_kept(const struct look *look, const struct file_facts *file)
{
	return (file->role == ROLE_LIBRARY ||
		file->role == ROLE_ELF_INTERPRETER) &&
	       look->judge->container->config.libraries == LIBRARIES_STRICT;
}

static bool is_program_on_overlay(int fd, const struct file_facts *file)
{
	return file->role == ROLE_PROGRAM && filesystem_is_overlay(fd);
}

/* True if the proof will find a file of the root file system below this one.
 * Otherwise the proof could only kill the program, so the request is refused.
 */
static bool has_file_below(const struct look *look, int fd,
			   const struct file_facts *file)
{
	struct identity below;

	return is_program_on_overlay(fd, file) && backing_find(fd, &below) &&
	       look_is_image(look->judge, below.dev);
}

/*
 * Hold the file before it is hashed, so that no writer can alter it afterwards.
 * At a request the kernel's own refusal of writers (ETXTBSY) is enough, except
 * on FUSE or a network, whose writers aren't known. A program on another
 * overlay is judged at the proof, by the file that it is mapped from.
 */
static void hold(struct look *look, int fd, const struct identity *id,
		 const char *sealed, struct file_facts *file, int *ret_lease)
{
	*ret_lease = -1;
	if (file->frozen) {
		file->held = true;
		return;
	}
	if (look->out->facts.proven || on_image_overlay(look->judge, id)) {
		file->held = is_held(look, fd, id, sealed, file, ret_lease);
		return;
	}
	file->held = filesystem_is_stable(fd) ||
		     look_is_image(look->judge, id->dev) ||
		     has_file_below(look, fd, file);
	if (filesystem_is_stable(fd))
		(void)!lease_unwritten(fd, NULL, NULL, ret_lease, NULL);
}

/* True if the stat identifies the content: the file lies on an overlay that no
 * process of the container can write to. */
static bool identity_tells(const struct look *look, const struct identity *id)
{
	const struct container *c = look->judge->container;

	return on_image_overlay(look->judge, id) && !c->overlay_writable &&
	       !c->reads_may_block;
}

static enum digest_need need(const struct look *look, int fd,
			     const struct file_facts *file,
			     const struct identity *id)
{
	if (file->unread)
		return NEED_STORY;
	/* A file that isn't held is drift, whatever its content. */
	return look->out->facts.proven &&
			       (file->held ||
				is_program_on_overlay(fd, file)) &&
			       !identity_tells(look, id)
		       ? NEED_PROOF
		       : NEED_HINT;
}

/* File systems in memory keep no reliable times. A container with /dev/fuse or
 * CAP_SYS_ADMIN, which sets cgroups_left, can keep a call that has pinned pages
 * from writing to them for as long as it likes. */
static bool is_brief(const struct look *look, int fd,
		     const struct file_facts *file)
{
	const struct container *c = look->judge->container;

	return file->place != PLACE_IMAGE || filesystem_is_memory(fd) ||
	       c->reads_may_block || c->cgroups_left;
}

static enum outcome take_digest(struct look *look, struct file_facts *file,
				struct digest_ask *take_ask)
{
	switch (digests_find(look->judge->digests, take_ask, file->digest,
			     &look->out->waits)) {
	case DIGEST_KNOWN:
		file->hashed = true;
		break;
	case DIGEST_WAITS:
		return OUTCOME_SLOW;
	case DIGEST_FAILED:
		if (!file->unread)
			return look_unresolvable(look);
		break;
	}
	return OUTCOME_DECIDED;
}

/* Get the file's digest. If the file has a size that no listed file has, the
 * digest only fills the event, and is computed only if no other request waits
 * for that. */
static enum outcome hash(struct look *look, int path_fd, int fd,
			 const char *sealed, struct file_facts *file)
{
	const size_t index = (size_t)(file - look->out->facts.files);
	const struct identity *id = &look->out->identities[index];
	struct digest_ask ask = {.fd = -1, .lease = -1, .id = *id};

	/* Open the file before its lease is taken: a process that decides by
	 * fanotify whether it may be opened, and opens it for writing itself,
	 * would wait for the lease. */
	if (target_reopen(path_fd, &ask.fd, NULL) < 0)
		return look_unresolvable(look);
	hold(look, fd, id, sealed, file, &ask.lease);
	file->unread = !look_size_shipped(look->judge, id->size);
	ask.limit = hash_limit(look->judge);
	/* The two leases are of two open files, so that each ends by itself. */
	if (is_kept(look, file) && look->out->facts.proven) {
		look->out->leases[index] = FD_MOVE(ask.lease);
		if (look->out->leases[index] >= 0 &&
		    lease_merged(fd, &look->out->merged[index], NULL) < 0)
			file->held = false;
		(void)is_held(look, ask.fd, id, sealed, file, &ask.lease);
	}
	if (file->unread && id->size > ask.limit) {
		close_owned(&ask.fd);
		close_owned(&ask.lease);
		return OUTCOME_DECIDED;
	}
	ask.need = need(look, fd, file, id);
	ask.user = caller_user(look->target.tid);
	ask.brief = is_brief(look, fd, file);
	ask.foreign = file->place != PLACE_IMAGE;
	ask.may_hang = ask.foreign && !filesystem_is_stable(fd);
	return take_digest(look, file, &ask);
}

enum outcome look_digest(struct look *look, int path_fd,
			 const struct identity *id,
			 uint8_t ret_digest[DIGEST_SIZE])
{
	struct digest_ask ask = {
		.need = look->out->facts.proven ? NEED_PROOF : NEED_HINT,
		.fd = -1,
		.lease = -1,
		.id = *id,
		.limit = hash_limit(look->judge),
		.brief = true,
		.foreign = true,
	};

	if (filesystem_is_kernels(path_fd) ||
	    (filesystem_may_block(path_fd) &&
	     !look_is_image(look->judge, id->dev)) ||
	    target_reopen(path_fd, &ask.fd, NULL) < 0)
		return OUTCOME_ERROR;
	if (filesystem_is_stable(ask.fd))
		(void)!lease_unwritten(ask.fd, NULL, NULL, &ask.lease, NULL);
	else
		ask.may_hang = true;
	ask.user = caller_user(look->target.tid);
	switch (digests_find(look->judge->digests, &ask, ret_digest,
			     &look->out->waits)) {
	case DIGEST_KNOWN:
		return OUTCOME_DECIDED;
	case DIGEST_WAITS:
		return OUTCOME_SLOW;
	case DIGEST_FAILED:
		break;
	}
	return OUTCOME_ERROR;
}

enum outcome look_read(struct look *look, int path_fd, const char *sealed,
		       struct found *ret)
{
	const size_t index = look->out->facts.count - 1;
	struct file_facts *file = &look->out->facts.files[index];
	const struct identity *id = &look->out->identities[index];
	OWNED(close_owned) int fd = -1;
	struct binary binary;

	/* Some files aren't read: those of a server that needn't answer, since
	 * they can't be allowed; and the kernel's own data, whose reading may
	 * be much work. */
	if (filesystem_is_kernels(path_fd) ||
	    (filesystem_may_block(path_fd) &&
	     !look_is_image(look->judge, id->dev) && !look->judge->any_size)) {
		file->unread = true;
		return OUTCOME_DECIDED;
	}
	if (target_reopen(path_fd, &fd, NULL) < 0 ||
	    binary_inspect(fd, &binary, NULL) < 0)
		return look_unresolvable(look);
	ret->kind = binary.kind;
	memcpy(ret->interpreter, binary.interpreter, sizeof(ret->interpreter));
	file->elf = binary.kind == KIND_ELF;
	file->frozen = file->place == PLACE_MEMORY && lease_is_sealed(fd);
	return (file->place == PLACE_MEMORY && !file->frozen) || file->untouched
		       ? OUTCOME_DECIDED
		       : hash(look, path_fd, fd, sealed, file);
}
