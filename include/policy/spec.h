/*
 * spec - the container's config.json: the members that runmoor reads, and how
 * it changes them. Source: the OCI runtime specification 1.0–1.1, config.md,
 * config-linux.md.
 */
#pragma once

#include "buffer.h"
#include "config.h"
#include "err.h"
#include "json.h"

#include <stdbool.h>
#include <stddef.h>

struct spec;

/* EINVAL if the bytes aren't JSON, or if a member that runmoor reads or edits
 * comes twice, in another case, or with a wrong type (the error names the key
 * path, e.g. "linux.seccomp.listenerPath"); E2BIG as json_parse. null counts as
 * absent, and so does "" for a string. */
MUST_CHECK int spec_parse(const char *bytes, size_t len, struct spec **ret,
			  struct err *e);
void spec_free(struct spec *spec);
void spec_owned(struct spec **spec);

const char *spec_root_path(const struct spec *spec);	/* NULL if not given */
const char *spec_cgroups_path(const struct spec *spec); /* NULL if not given */
const struct json *spec_annotations(const struct spec *spec); /* or NULL */
bool spec_has_listener(const struct spec *spec);
/* SCMP_ACT_NOTIFY somewhere, which only makes sense with a listenerPath. */
bool spec_has_notify(const struct spec *spec);
/* True if any of the capability sets of process.capabilities has it. */
bool spec_no_new_privileges(const struct spec *spec);
bool spec_has_capability(const struct spec *spec, const char *name);
/* Hooks that run on the host before the container's first instruction:
 * prestart, createRuntime, createContainer; not those of spec_protect. */
bool spec_has_start_hooks(const struct spec *spec);
/* A device rule that allows every device, or block devices; a block device
 * node; or no rules at all, which crun takes for every device, together with
 * CAP_MKNOD. */
bool spec_allows_raw_devices(const struct spec *spec);
/* The character devices that it names: nodes, and rules that permit writing to
 * them, as texts "10:232", or "195:*". Devices of major 1, which are the
 * machine's memory, and devices that are allowed without being named are not
 * included. An array; NULL: no memory. */
struct json *spec_drivers(const struct spec *spec);
/* A device rule or node for /dev/fuse (10:229), or all devices as above; or a
 * mount whose type is fuse*, nfs*, cifs, smb*, 9p. */
bool spec_may_block_reads(const struct spec *spec);

struct spec_mount {
	const char *destination;
	const char *type;   /* may be NULL */
	const char *source; /* may be NULL */
	const char *upper;  /* of an overlay; may be NULL */
	bool bind;
	bool recursive; /* with the mounts below its source */
	bool read_only;
	bool read_only_below; /* these are read-only, too */
};
size_t spec_mount_count(const struct spec *spec);
void spec_mount_at(const struct spec *spec, size_t index,
		   struct spec_mount *ret);

/* The values that spec_protect puts in. Borrowed. */
struct spec_protection {
	const char *listener_path; /* absolute */
	enum libraries libraries;  /* LIBRARIES_OFF: no mmap rules */
	/* Calls by which memory becomes executable without any file are
	 * notified: shmat with SHM_EXEC, and i386's ipc. */
	bool memory_denied;
	const char *hook; /* absolute program of the hooks below */
	/* Their arguments, NULL-terminated, with argv[0]; NULL: no hook. */
	const char *const *create_runtime_args;
	const char *const *poststop_args;
};

/*
 * Rewrite: execve and execveat, executable file mappings unless libraries is
 * off, and executable mprotect and pkey_mprotect if it is strict, become
 * SCMP_ACT_NOTIFY if the profile allows them, on every architecture that it
 * lists (the others kill: runc and crun alike); linux.seccomp.listenerPath and
 * a poststop hook are set, and a createRuntime hook where one is asked for. No
 * profile: one whose default allows, with x86_64, x86 and x32 (aarch64:
 * aarch64, arm). Everything else keeps its value. On i386 old mmap (90) may be
 * notified whatever it maps, and may not be: its arguments lie in memory.
 *
 * EEXIST if the spec has a listenerPath already: the message says that a
 * container can have one listener, and how to turn runmoor off for it
 * (annotation io.runmoor.mode=off where annotations_may_weaken lists mode,
 * or run it with the plain runtime).
 * ENOTSUP for a profile that can't be protected, naming the rule
 * (linux.seccomp.syscalls[3]): an execve rule with arguments, TRACE, any
 * NOTIFY; and for annotations that make crun leave the profile out.
 * ENOMEM leaves spec half changed, to be freed; the others leave all values.
 */
MUST_CHECK int spec_protect(struct spec *spec,
			    const struct spec_protection *protection,
			    struct err *e);

/* The gate that spec_protect put into spec is in rewritten still: another
 * program may have written the members of linux.seccomp in another order, or
 * left empty ones out, but its rules are the same, one by one. */
bool spec_keeps_gate(const struct spec *spec, const struct spec *rewritten);

/* Make spec one that no runtime starts, and whose error has the sentence: runc
 * and crun quote a seccomp action that they don't know, and a program that
 * isn't there. -1: out of memory. */
MUST_CHECK int spec_refuse(struct spec *spec, const char *sentence);

void spec_write(const struct spec *spec, struct buffer *out);
