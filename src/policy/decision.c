#include "decision.h"

#include "glob.h"
#include "sha256.h"

#include <string.h>

/* False: no part of what was sealed has that content. */
static bool find_listed(const struct sealed *sealed,
			const uint8_t digest[DIGEST_SIZE], struct entry *ret)
{
	for (size_t i = 0; i < SEALED_PARTS; i++)
		if (sealed->manifests[i] &&
		    manifest_find_digest(sealed->manifests[i], digest, ret))
			return true;
	return false;
}

/* A library that was shipped in an archive has no path outside of it. */
static bool is_member(const struct sealed *sealed,
		      const struct file_facts *file)
{
	for (size_t i = 0; file->role == ROLE_LIBRARY && i < SEALED_PARTS; i++)
		if (sealed->manifests[i] &&
		    manifest_has_member(sealed->manifests[i], file->digest))
			return true;
	return false;
}

/* True if that path was shipped; with a digest, if it was shipped with that
 * content. A volume hides the image's file of its path, so any part counts. */
static bool path_shipped(const struct sealed *sealed, const char *path,
			 const uint8_t *digest)
{
	for (size_t i = 0; path && i < SEALED_PARTS; i++) {
		struct entry entry;

		if (sealed->manifests[i] &&
		    manifest_find_path(sealed->manifests[i], path, strlen(path),
				       &entry) &&
		    (!digest || memcmp(entry.digest, digest, DIGEST_SIZE) == 0))
			return true;
	}
	return false;
}

static enum reason unlisted_reason(const struct sealed *sealed,
				   const struct file_facts *file)
{
	if (file->place == PLACE_VOLUME ||
	    file->place == PLACE_VOLUME_READ_ONLY ||
	    file->place == PLACE_VOLUME_FOLLOWED ||
	    file->place == PLACE_FOREIGN)
		return REASON_VOLUME;
	return file->placed && path_shipped(sealed, file->path, NULL)
		       ? REASON_MODIFIED
		       : REASON_NOT_IN_IMAGE;
}

/* True if the file lies at a path under which it was shipped. In a mount
 * namespace of its own a container gives any file any path. A file that a stat
 * identifies is the image's own whatever its path; if the stat proves nothing,
 * this is checked again for the content that was read. */
static bool is_at_its_path(const struct sealed *sealed,
			   const struct file_facts *file)
{
	return (file->placed || !file->hashed) &&
	       path_shipped(sealed, file->path, file->digest);
}

const char *decision_shipped_as(const struct sealed *sealed,
				const struct file_facts *file)
{
	struct entry entry;

	if (!file->hashed && !file->stat_matches)
		return NULL;
	if (is_at_its_path(sealed, file))
		return file->path;
	return find_listed(sealed, file->digest, &entry) ? entry.path : NULL;
}

static bool volume_trusted(const struct config *config,
			   const struct file_facts *file)
{
	return (file->place == PLACE_VOLUME &&
		config->volumes_writable == VOLUME_TRUST) ||
	       file->place == PLACE_VOLUME_FOLLOWED ||
	       (file->place == PLACE_VOLUME_READ_ONLY &&
		config->volumes_read_only == VOLUME_TRUST);
}

/* REASON_NONE if the image shipped the file. */
static enum reason judge_listed(const struct sealed *sealed,
				const struct config *config, bool proven,
				const struct file_facts *file)
{
	struct entry entry;

	/* A stat on a root where it proves nothing is good enough to go on to
	 * the proof, and never good enough there. */
	if (file->stat_matches && !file->hashed && proven &&
	    !sealed->stat_trusted)
		return REASON_UNRESOLVABLE;
	if (file->untouched && sealed->stat_trusted)
		return REASON_NONE;
	if (file->unread && !file->hashed)
		return unlisted_reason(sealed, file);
	if (!file->hashed && !file->stat_matches)
		return REASON_UNRESOLVABLE;
	if (!find_listed(sealed, file->digest, &entry))
		return unlisted_reason(sealed, file);
	/* If a path is only the target's claim, the file's writers aren't known
	 * either: the path is the reason. */
	if (config->match == MATCH_PATH && !is_member(sealed, file) &&
	    !is_at_its_path(sealed, file))
		return REASON_WRONG_PATH;
	return file->hashed && !file->held ? REASON_WRITABLE : REASON_NONE;
}

/* A memory file stays writable while it runs, so that its content proves
 * nothing; one with all seals is judged by its content. JITs write through one
 * shared mapping of a file without ELF and execute another; loaders map
 * privately, and such a file's header may change once they have read it. */
static enum reason judge_memory(const struct sealed *sealed,
				const struct config *config, bool proven,
				const struct file_facts *file)
{
	enum reason reason;

	if (file->role == ROLE_LIBRARY && !file->elf && !file->private)
		return REASON_NONE;
	if (!file->frozen)
		return REASON_MEMORY_FILE;
	reason = judge_listed(sealed, config, proven, file);
	return reason == REASON_NONE || reason == REASON_WRONG_PATH
		       ? reason
		       : REASON_MEMORY_FILE;
}

static enum reason judge_file(const struct sealed *sealed,
			      const struct config *config, bool proven,
			      const struct file_facts *file)
{
	if (file->registered && config->binfmt == BINFMT_SEAL)
		return REASON_NONE;
	/* A disk can hold a library as a file can. */
	if (file->nature != NATURE_FILE)
		return file->nature == NATURE_SPECIAL ? REASON_SPECIAL_FILE
						      : REASON_NONE;
	if (file->place == PLACE_MEMORY)
		return judge_memory(sealed, config, proven, file);
	if (volume_trusted(config, file))
		return REASON_NONE;
	return judge_listed(sealed, config, proven, file);
}

static bool key_matches(const char *glob, const char *text)
{
	return !glob || (text && glob_matches(glob, text));
}

static bool rule_matches(const struct allow_rule *rule,
			 const struct facts *facts,
			 const struct file_facts *file)
{
	char hex[DIGEST_HEX] = "";

	/* In a mount namespace of its own a container gives any file any
	 * path. */
	if ((rule->path || rule->process) && !file->mount &&
	    file->place != PLACE_MEMORY)
		return false;
	if (rule->sha256) {
		if (!file->hashed || (facts->proven && !file->held))
			return false;
		sha256_hex(file->digest, hex);
		if (strcmp(rule->sha256, hex) != 0)
			return false;
	}
	return key_matches(rule->path, file->path) &&
	       (key_matches(rule->mount, file->mount) ||
		(file->bind && key_matches(rule->mount, file->bind))) &&
	       key_matches(rule->process, facts->process);
}

static int64_t find_rule(const struct config *config, const struct facts *facts,
			 const struct file_facts *file)
{
	for (size_t i = 0; i < config->allow_count; i++)
		if (rule_matches(&config->allow[i], facts, file))
			return (int64_t)i;
	return -1;
}

/* True if the file lies where the image has it. */
static bool in_its_place(const struct sealed *sealed,
			 const struct file_facts *file)
{
	const char *path = decision_shipped_as(sealed, file);

	return path && file->place == PLACE_IMAGE && file->placed &&
	       strcmp(path, file->path) == 0;
}

/* A mapped file must not change. If no more leases can be kept, a file of the
 * image in its place is mapped all the same: only root can write it. */
static enum reason judge_keeping(const struct sealed *sealed,
				 const struct file_facts *file)
{
	if (file->keeping == KEEPING_WRITTEN)
		return REASON_WRITABLE;
	if (file->keeping == KEEPING_FULL && !in_its_place(sealed, file))
		return REASON_UNRESOLVABLE;
	return REASON_NONE;
}

/* Drift is refused, or flagged. */
static void drift(const struct config *config, const struct facts *facts,
		  enum reason reason, size_t file, struct decision *ret)
{
	bool script =
		file < facts->count && facts->files[file].role == ROLE_SCRIPT;
	bool audit = config->mode == MODE_AUDIT ||
		     (facts->maps && !facts->segment &&
		      config->libraries == LIBRARIES_AUDIT) ||
		     (script && config->scripts == SCRIPTS_AUDIT);

	ret->verdict = audit ? VERDICT_ALLOW : VERDICT_DENY;
	ret->flagged = audit;
	ret->reason = reason;
	ret->file = file;
	ret->allow_rule = -1;
}

/* The event names the first file that needs an exception. */
static bool is_excepted(const struct config *config, const struct facts *facts,
			size_t file, struct decision *ret)
{
	int64_t rule = find_rule(config, facts, &facts->files[file]);

	if (rule >= 0 && ret->allow_rule < 0) {
		ret->allow_rule = rule;
		ret->file = file;
	}
	return rule >= 0;
}

static enum reason judge_circumstances(const struct config *config,
				       const struct facts *facts)
{
	if (facts->timed_out)
		return REASON_TIMEOUT;
	if (facts->traced && !facts->outside &&
	    config->traced == PERMISSION_DENY)
		return REASON_TRACED;
	if (facts->segment)
		return config->memory == PERMISSION_DENY ? REASON_MEMORY_FILE
							 : REASON_NONE;
	if (facts->unresolvable ||
	    (facts->count == 0 && !facts->judged && !facts->overwritten) ||
	    facts->count > FILES_MAX)
		return REASON_UNRESOLVABLE;
	return facts->overwritten ? REASON_WRITABLE : REASON_NONE;
}

void decision_make(const struct sealed *sealed, const struct config *config,
		   const struct facts *facts, struct decision *ret)
{
	enum reason reason = judge_circumstances(config, facts);

	*ret = (struct decision){.allow_rule = -1};
	if (reason != REASON_NONE) {
		drift(config, facts, reason, 0, ret);
		return;
	}
	for (size_t i = 0; i < facts->count && !facts->judged; i++) {
		const struct file_facts *file = &facts->files[i];

		reason = judge_file(sealed, config, facts->proven, file);
		if (reason != REASON_NONE && is_excepted(config, facts, i, ret))
			reason = REASON_NONE;
		if (reason == REASON_NONE)
			reason = judge_keeping(sealed, file);
		if (reason == REASON_NONE)
			continue;
		if (file->role == ROLE_INTERPRETER ||
		    file->role == ROLE_ELF_INTERPRETER)
			reason = REASON_INTERPRETER_DRIFT;
		drift(config, facts, reason, i, ret);
		return;
	}
	if (facts->unclear) {
		drift(config, facts, REASON_ARGUMENTS, 0, ret);
		return;
	}
	ret->verdict = VERDICT_ALLOW;
	/* The tracer is the operator's: its programs run unproven, and an event
	 * records that. */
	if (facts->outside && config->traced == PERMISSION_DENY) {
		ret->reason = REASON_TRACED;
		ret->flagged = true;
	}
}
