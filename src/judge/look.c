#include "look_internal.h"

#include "arrivals_internal.h"
#include "caller.h"
#include "filesystem.h"
#include "start.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { SCRIPTS_DEEP = 5 }; /* rewrites that fs/exec.c allows */

bool look_is_image(const struct judge *judge, uint64_t dev)
{
	for (size_t i = 0; i < judge->container->device_count; i++)
		if (judge->container->devices[i].seen == dev)
			return true;
	return false;
}

int look_open(struct look *look, int dirfd, const char *path, int flags,
	      int *ret_fd, struct err *e)
{
	return look->pace == PACE_FAST
		       ? target_open_fast(&look->target, dirfd, path, flags,
					  ret_fd, e)
		       : target_open(&look->target, dirfd, path, flags, ret_fd,
				     e);
}

bool look_seen(const struct look *look, const struct identity *id)
{
	const struct inspection *out = look->out;

	for (size_t i = 0; i < out->facts.count; i++)
		if (identity_same_file(&out->identities[i], id) &&
		    out->identities[i].mount == id->mount)
			return true;
	return false;
}

enum outcome look_unresolvable(struct look *look)
{
	look->out->facts.unresolvable = true;
	return OUTCOME_DECIDED;
}

bool look_failed_itself(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	       error == EIO || error == EPERM;
}

enum outcome look_fail(struct look *look, const struct err *e)
{
	if (look->pace == PACE_FAST && (e->code == EAGAIN || e->code == EACCES))
		return OUTCOME_SLOW;
	if (e->code == EACCES || look_failed_itself(e->code))
		return look_unresolvable(look);
	look->out->error = e->code;
	return OUTCOME_ERROR;
}

static bool device_matches(const struct judge *judge, uint64_t walked,
			   uint64_t seen)
{
	for (size_t i = 0; i < judge->container->device_count; i++)
		if (judge->container->devices[i].walked == walked &&
		    judge->container->devices[i].seen == seen)
			return true;
	return false;
}

/* Find the sealed entry that a stat alone identifies; racy ones are returned,
 * too. */
static bool find_by_stat(const struct judge *judge, const struct identity *id,
			 struct entry *ret)
{
	return manifest_find_identity(judge->sealed.manifests[SEALED_IMAGE], id,
				      ret) &&
	       device_matches(judge, ret->identity.dev, id->dev);
}

/* The mount of the target's root, with which PACE_FULL may have to compare a
 * mount. */
static uint64_t root_mount(const struct look *look)
{
	OWNED(close_owned) int root = -1;
	struct identity id = {0};

	if (target_open_link(look->target.tid, "root", &root, NULL) == 0)
		(void)stat_identity(root, "", AT_EMPTY_PATH, &id);
	return id.mount;
}

/* The mount isn't in the baseline: it is the container's own, or, by
 * propagation, the host's, which counts as part of the bind above it. */
static enum place find_arrived(const struct look *look, int fd,
			       struct file_facts *file)
{
	const struct start *start = look->judge->start;
	const size_t index = look->out->facts.count;
	struct arrived arrived = {.point = look->out->mounts[index]};

	file->arrival = arrivals_find(start_arrivals(start), look->target.tid,
				      fd, &look->out->identities[index],
				      file->path, &arrived);
	if (file->arrival != ARRIVAL_PROPAGATED)
		return PLACE_FOREIGN;
	file->mount = arrived.point;
	file->bind = arrived.bind;
	return arrived.read_only && start_read_only(start, arrived.bind)
		       ? PLACE_VOLUME_READ_ONLY
		       : PLACE_VOLUME;
}

/* Find the file's place, with its mount if the baseline is known. Exceptions
 * don't apply to a mount that the container made itself. */
static enum place find_place(const struct look *look, int fd,
			     const struct identity *id, struct file_facts *file)
{
	const struct start *start = look->judge->start;
	const uint64_t mount = start ? stat_mount(fd) : 0;
	bool read_only = false;
	struct statvfs fs;

	if (start)
		file->mount = start_mount_point(start, mount, &read_only);
	if (filesystem_is_memory(fd) && id->nlink == 0)
		return PLACE_MEMORY;
	if (look_is_image(look->judge, id->dev) &&
	    (look->judge->container->overlay || id->mount == root_mount(look)))
		return PLACE_IMAGE;
	if (start && !file->mount)
		return find_arrived(look, fd, file);
	if (start) {
		file->bind = arrivals_bind(start_arrivals(start), id->mount);
		if (start_follows(start, mount))
			return PLACE_VOLUME_FOLLOWED;
		return read_only ? PLACE_VOLUME_READ_ONLY : PLACE_VOLUME;
	}
	if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return PLACE_VOLUME_READ_ONLY;
	return PLACE_VOLUME;
}

/* A mapping from a layer that is itself an overlay shows the layer's own file,
 * which differs by its device from the one that the root shows. */
static bool is_same_below(const struct judge *judge,
			  const struct identity *root,
			  const struct identity *below)
{
	return look_is_image(judge, root->dev) &&
	       look_is_image(judge, below->dev) &&
	       identity_same_content(root, below);
}

/* The path that the target sees may depend on mounts of its own. */
static bool is_placed(const struct judge *judge, const struct identity *id,
		      const struct file_facts *file)
{
	struct identity found;

	if (!file->path)
		return false;
	if (stat_within(judge->container->rootfs, file->path, &found) == 0 &&
	    (identity_same_file(&found, id) ||
	     is_same_below(judge, &found, id)))
		return true;
	return file->mount != NULL;
}

/* True if a decision about a listed file depends on its path. */
static bool path_matters(const struct judge *judge)
{
	const struct config *config = &judge->container->config;

	return config->match == MATCH_PATH || judge->lineage ||
	       config->libraries == LIBRARIES_STRICT ||
	       judge->container->overlay;
}

static void take_entry(const struct entry *entry, struct file_facts *file,
		       struct found *ret)
{
	file->stat_matches = true;
	file->elf = entry->kind == KIND_ELF;
	memcpy(file->digest, entry->digest, DIGEST_SIZE);
	ret->kind = entry->kind;
	(void)snprintf(ret->interpreter, sizeof(ret->interpreter), "%s",
		       entry->interpreter);
}

enum outcome look_at(struct look *look, int fd, enum role role,
		     struct found *ret)
{
	struct facts *facts = &look->out->facts;
	const struct judge *judge = look->judge;
	struct identity *id = &look->out->identities[facts->count];
	char *path = look->out->paths[facts->count];
	struct file_facts *file = &facts->files[facts->count];
	struct entry entry;
	enum outcome outcome;
	bool matches;

	if (facts->count == FILES_MAX)
		return OUTCOME_SLOW; /* unreachable: chains are bounded */
	*file = (struct file_facts){.role = role,
				    .private = look->maps_privately};
	ret->kind = KIND_OTHER;
	ret->interpreter[0] = '\0';
	if (stat_identity(fd, "", AT_EMPTY_PATH, id) < 0)
		return OUTCOME_SLOW;
	matches = find_by_stat(judge, id, &entry);
	if (judge->container->config.match == MATCH_PATH || judge->lineage ||
	    look->pace == PACE_FULL) {
		if (target_path_of(fd, path, PATH_MAX, NULL) == 0)
			file->path = path;
	}
	if (matches && !entry.racy &&
	    (judge->sealed.stat_trusted || !facts->proven)) {
		file->place = PLACE_IMAGE;
		take_entry(&entry, file, ret);
		facts->count++;
		return OUTCOME_DECIDED;
	}
	if (look->pace == PACE_FAST)
		return OUTCOME_SLOW;
	file->place = find_place(look, fd, id, file);
	facts->count++;
	file->overlay =
		file->place == PLACE_FOREIGN && filesystem_is_overlay(fd);
	file->placed = path_matters(judge) && is_placed(judge, id, file);
	file->nature = look_nature(judge, fd);
	if (file->nature != NATURE_FILE)
		return OUTCOME_DECIDED;
	file->untouched = !matches && look_is_untouched(judge, id, file->path);
	outcome = look_read(look, fd, matches ? entry.path : NULL, ret);
	/* The path also distinguishes a modified file from one that isn't in
	 * the image. */
	if (!path_matters(judge) && !decision_shipped_as(&judge->sealed, file))
		file->placed = is_placed(judge, id, file);
	return outcome;
}

/* Files that execve refuses by itself needn't be read, and have no event; but a
 * memory file that can't be executed (memfd: deny) has one. */
static bool never_executes(const struct look *look, int fd, enum role role)
{
	struct identity id;

	return role != ROLE_ELF_INTERPRETER && look->pace == PACE_FULL &&
	       stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0 &&
	       !(filesystem_is_memory(fd) && id.nlink == 0) &&
	       caller_is_refused(look->target.tid, fd, &id);
}

enum outcome look_at_chain(struct look *look, int take_fd,
			   const struct identity *stop_at)
{
	OWNED(close_owned) int fd = take_fd;
	enum role role = ROLE_PROGRAM;
	struct found found;
	struct err e;

	for (int depth = 0; depth <= SCRIPTS_DEEP + 1; depth++) {
		size_t index = look->out->facts.count;
		const struct identity *id = &look->out->identities[index];
		enum outcome outcome;
		bool script;

		if (!look->out->facts.proven &&
		    never_executes(look, fd, role)) {
			look->out->error = EACCES;
			return OUTCOME_ERROR;
		}
		outcome = look_at(look, fd, role, &found);
		if (outcome != OUTCOME_DECIDED)
			return outcome;
		script = found.kind == KIND_SCRIPT;
		if (look->out->facts.unresolvable ||
		    role == ROLE_ELF_INTERPRETER || !found.interpreter[0] ||
		    (stop_at && (!script || identity_same_file(id, stop_at))))
			return OUTCOME_DECIDED;
		close_owned(&fd);
		if (look_open(look, TARGET_CWD, found.interpreter, 0, &fd, &e) <
		    0)
			return look_fail(look, &e);
		role = script ? ROLE_INTERPRETER : ROLE_ELF_INTERPRETER;
	}
	look->out->error = ELOOP;
	return OUTCOME_ERROR;
}

enum outcome look_at_named(struct look *look, int dirfd, const char *path,
			   int flags)
{
	struct err e;
	int fd;

	if (look_open(look, dirfd, path, flags, &fd, &e) < 0)
		return look_fail(look, &e);
	return look_at_chain(look, fd, NULL);
}

enum outcome look_at_mapping(struct look *look, const struct mapping *mapping,
			     enum role role, struct identity *ret)
{
	OWNED(close_owned) int fd = -1;
	struct found found;

	if (look->out->facts.count >= FILES_MAX - 1 ||
	    target_open_mapping(look->target.tid, mapping, &fd, NULL) < 0 ||
	    stat_identity(fd, "", AT_EMPTY_PATH, ret) < 0)
		return OUTCOME_ERROR;
	return look_seen(look, ret) ? OUTCOME_PASS
				    : look_at(look, fd, role, &found);
}
