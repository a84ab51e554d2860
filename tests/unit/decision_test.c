#include "decision.h"

#include "test.h"

#include <string.h>

/* Digests, by their first byte; the others are zero. */
enum {
	SHELL = 1,
	TOOL,
	SCRIPT,
	LOADER,
	LIBRARY,
	PLUGIN, /* of a volume, as the one below          */
	SHADOW, /* which a mount put over the image's tool */
	MEMBER, /* of an archive of the image              */
	UNLISTED = 0x99,
};
#define HEX_31	     "00000000000000000000000000000000000000000000000000000000000000"
#define HEX_UNLISTED "99" HEX_31

static const struct {
	const char *path;
	uint8_t digest;
} image[] =
	{
		{"/bin/sh", SHELL},	   {"/bin/tool", TOOL},
		{"/bin/script", SCRIPT},   {"/lib/ld.so", LOADER},
		{"/lib/libc.so", LIBRARY}, {"/app.jar!/lib.so", MEMBER},
},
  volumes[] = {
	  {"/data/plugin", PLUGIN},
	  {"/bin/tool", SHADOW},
};

/* Of a file: it was read; and nobody can write it. Or only its stat is known
 * from the seal. */
#define READ(n)	 .hashed = true, .digest = {(n)}
#define HELD(n)	 .held = true, READ(n)
#define KNOWN(n) .stat_matches = true, .digest = {(n)}
/* It is known to lie there. */
#define PLACED(at) .placed = true, .path = (at)

#define FILES(...)                                                             \
	.files = {__VA_ARGS__},                                                \
	.count = ARRAY_LEN(((struct file_facts[]){__VA_ARGS__}))

#define RULES(...)                                                             \
	.allow = (struct allow_rule[]){__VA_ARGS__},                           \
	.allow_count = ARRAY_LEN(((struct allow_rule[]){__VA_ARGS__}))

#define DENIED_FOR(why, index)                                                 \
	.want = {.verdict = VERDICT_DENY,                                      \
		 .reason = (why),                                              \
		 .file = (index),                                              \
		 .allow_rule = -1}
#define DENIED(why) DENIED_FOR(why, 0)
#define FLAGGED_FOR(why, index)                                                \
	.want = {.verdict = VERDICT_ALLOW,                                     \
		 .reason = (why),                                              \
		 .file = (index),                                              \
		 .flagged = true,                                              \
		 .allow_rule = -1}
#define FLAGGED(why)   FLAGGED_FOR(why, 0)
#define EXCEPTED(rule) .want = {.verdict = VERDICT_ALLOW, .allow_rule = (rule)}
#define ALLOWED	       EXCEPTED(-1)

/* The configuration that a row doesn't mention is the strictest: all zero. */
struct row {
	const char *name;
	struct facts facts;
	struct config config;
	struct decision want;
	bool stat_trusted;
	bool volumes; /* has a manifest of volumes */
	bool added;   /* has one of what hooks added: the same */
};

static const struct row refused[] = {
	{"nobody looked", DENIED(REASON_UNRESOLVABLE)},
	{"no file was found, though the exec was",
	 {.proven = true},
	 DENIED(REASON_UNRESOLVABLE)},
	{"looking took too long, whatever was seen",
	 {.timed_out = true, FILES({HELD(SHELL)})},
	 DENIED(REASON_TIMEOUT)},
	{"too long is the reason why it couldn't be resolved",
	 {.timed_out = true, .unresolvable = true},
	 DENIED(REASON_TIMEOUT)},
	{"a part of it couldn't be resolved, whatever was seen",
	 {.unresolvable = true, FILES({HELD(SHELL)})},
	 DENIED(REASON_UNRESOLVABLE)},
	{"its arguments may name other scripts",
	 {.unclear = true, FILES({HELD(SHELL)})},
	 DENIED(REASON_ARGUMENTS)},
	{"more files than there is room for",
	 {.count = FILES_MAX + 1, .files = {{HELD(SHELL)}}},
	 DENIED(REASON_UNRESOLVABLE)},
	{"another tracer has the process",
	 {.traced = true, FILES({HELD(SHELL)})},
	 DENIED(REASON_TRACED)},
	{"a tracer that is allowed excuses nothing else",
	 {.traced = true, FILES({HELD(UNLISTED)})},
	 {.traced = PERMISSION_ALLOW},
	 DENIED(REASON_NOT_IN_IMAGE)},

	{"a file that was neither read nor known",
	 {FILES({.digest = {SHELL}, .path = "/bin/sh", .held = true})},
	 DENIED(REASON_UNRESOLVABLE)},
	{"a stat that proves nothing, at the proof",
	 {.proven = true, FILES({KNOWN(SHELL), .held = true})},
	 DENIED(REASON_UNRESOLVABLE)},
	{"a stat that proves nothing, of a script's interpreter at the proof",
	 {.proven = true,
	  FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER, KNOWN(SHELL)})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"a stat that names what isn't in the manifest",
	 {FILES({KNOWN(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE),
	 .stat_trusted = true},

	{"a script that isn't the image's, handed to a shell that is",
	 {FILES({HELD(SHELL)}, {.role = ROLE_SCRIPT, HELD(UNLISTED)})},
	 DENIED_FOR(REASON_NOT_IN_IMAGE, 1)},
	{"a memory file that is mapped as loaders do, whatever it begins with",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY,
		 .place = PLACE_MEMORY,
		 .private = true})},
	 DENIED(REASON_MEMORY_FILE)},
	{"an exception by path for what a container mounted itself",
	 {FILES({.path = "/opt/a", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"an exception by program for such",
	 {.process = "/bin/sh", FILES({HELD(UNLISTED)})},
	 {RULES({.process = "/bin/sh"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"what no size speaks for",
	 {FILES({.place = PLACE_IMAGE, .unread = true})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a script in a memory file",
	 {FILES({HELD(SHELL)}, {.role = ROLE_SCRIPT, .place = PLACE_MEMORY})},
	 DENIED_FOR(REASON_MEMORY_FILE, 1)},
	{"a program of an archive, executed from elsewhere",
	 {FILES({.path = "/tmp/x", HELD(MEMBER)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"audited scripts excuse no program",
	 {FILES({HELD(UNLISTED)}, {.role = ROLE_SCRIPT, HELD(UNLISTED)})},
	 {.scripts = SCRIPTS_AUDIT},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a file of nowhere",
	 {FILES({HELD(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a new file",
	 {FILES({.place = PLACE_IMAGE, .path = "/bin/new", HELD(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a new file that the kernel loaded",
	 {.proven = true,
	  FILES({.place = PLACE_IMAGE, .path = "/bin/new", HELD(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a new file that is being written",
	 {FILES({.place = PLACE_IMAGE, READ(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a digest that differs in its last byte",
	 {FILES({.hashed = true,
		 .held = true,
		 .digest = {[0] = SHELL, [DIGEST_SIZE - 1] = 1}})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"other content under a path of the image",
	 {FILES({.place = PLACE_IMAGE, PLACED("/bin/sh"), HELD(UNLISTED)})},
	 DENIED(REASON_MODIFIED)},
	{"a new file on a writable mount",
	 {FILES({.place = PLACE_VOLUME, HELD(UNLISTED)})},
	 DENIED(REASON_VOLUME)},
	{"a new file on a read-only mount",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY, HELD(UNLISTED)})},
	 DENIED(REASON_VOLUME)},
	{"a new file on a mount over a path of the image",
	 {FILES({.place = PLACE_VOLUME, .path = "/bin/sh", HELD(UNLISTED)})},
	 DENIED(REASON_VOLUME)},
	{"a volume's file where no volumes are sealed",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY, HELD(PLUGIN)})},
	 DENIED(REASON_VOLUME)},
	{"volumes that are sealed, and an unlisted file on one",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY, HELD(UNLISTED)})},
	 {.volumes_read_only = VOLUME_SEAL},
	 DENIED(REASON_VOLUME),
	 .volumes = true},
	{"trust in writable mounts is none in read-only ones",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY, HELD(UNLISTED)})},
	 {.volumes_writable = VOLUME_TRUST},
	 DENIED(REASON_VOLUME)},
	{"trust in read-only mounts is none in writable ones",
	 {FILES({.place = PLACE_VOLUME, HELD(UNLISTED)})},
	 {.volumes_read_only = VOLUME_TRUST},
	 DENIED(REASON_VOLUME)},
	{"trust in mounts is none in those that the container made",
	 {FILES({.place = PLACE_FOREIGN, HELD(UNLISTED)})},
	 {.volumes_read_only = VOLUME_TRUST, .volumes_writable = VOLUME_TRUST},
	 DENIED(REASON_VOLUME)},
	{"what hooks added, where they added nothing",
	 {FILES({.place = PLACE_IMAGE, HELD(PLUGIN)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"what hooks added, and somebody can still write",
	 {.proven = true, FILES({.place = PLACE_IMAGE, READ(PLUGIN)})},
	 DENIED(REASON_WRITABLE),
	 .added = true},
	{"trust in mounts is none in the image",
	 {FILES({.place = PLACE_IMAGE, HELD(UNLISTED)})},
	 {.volumes_read_only = VOLUME_TRUST, .volumes_writable = VOLUME_TRUST},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"trust in mounts is none in a place that isn't known",
	 {FILES({HELD(UNLISTED)})},
	 {.volumes_read_only = VOLUME_TRUST, .volumes_writable = VOLUME_TRUST},
	 DENIED(REASON_NOT_IN_IMAGE)},

	{"content of the image that is being written",
	 {FILES({.place = PLACE_IMAGE, READ(SHELL)})},
	 DENIED(REASON_WRITABLE)},
	{"content of the image that may yet be written",
	 {.proven = true, FILES({.place = PLACE_IMAGE, READ(SHELL)})},
	 DENIED(REASON_WRITABLE)},
	{"a stat that was found wanting counts for nothing beside a reading",
	 {.proven = true,
	  FILES({.place = PLACE_IMAGE, .stat_matches = true, READ(SHELL)})},
	 DENIED(REASON_WRITABLE),
	 .stat_trusted = true},
	{"content of a sealed volume that may yet be written",
	 {.proven = true, FILES({.place = PLACE_VOLUME, READ(PLUGIN)})},
	 {.volumes_writable = VOLUME_SEAL},
	 DENIED(REASON_WRITABLE),
	 .volumes = true},

	{"the image's content under another path",
	 {FILES({PLACED("/tmp/sh"), HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"the image's content under a path that begins like its own",
	 {FILES({PLACED("/bin/sh2"), HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"one content of the image under the path of another",
	 {FILES({PLACED("/bin/tool"), HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"the image's content under a path that isn't known",
	 {FILES({HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"a stat of the image under another path",
	 {.proven = true, FILES({.path = "/tmp/sh", KNOWN(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH),
	 .stat_trusted = true},
	{"the image's content under its own path by the target's word alone",
	 {.proven = true, FILES({.path = "/bin/sh", HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH)},
	{"other content under the path of the image by that word alone",
	 {FILES({.path = "/bin/sh", HELD(UNLISTED)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a volume's content under the path of the image that it isn't at",
	 {FILES({PLACED("/bin/sh"), HELD(PLUGIN)})},
	 {.match = MATCH_PATH},
	 DENIED(REASON_WRONG_PATH),
	 .volumes = true},

	{"a file in memory, though its content is the image's",
	 {FILES({.place = PLACE_MEMORY, HELD(SHELL)})},
	 DENIED(REASON_MEMORY_FILE)},
	{"a file in memory where mounts are trusted",
	 {FILES({.place = PLACE_MEMORY})},
	 {.volumes_read_only = VOLUME_TRUST, .volumes_writable = VOLUME_TRUST},
	 DENIED(REASON_MEMORY_FILE)},
	{"a script in memory",
	 {.proven = true,
	  FILES({HELD(SHELL)}, {.role = ROLE_PROGRAM, .place = PLACE_MEMORY})},
	 DENIED_FOR(REASON_MEMORY_FILE, 1)},
	{"an interpreter in memory",
	 {FILES({HELD(SCRIPT)},
		{.role = ROLE_INTERPRETER, .place = PLACE_MEMORY})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"a library in memory",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, .place = PLACE_MEMORY, .elf = true})},
	 DENIED(REASON_MEMORY_FILE)},

	{"a listed script of an unlisted interpreter",
	 {FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER, HELD(UNLISTED)})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"an unlisted script of a listed interpreter",
	 {FILES({.path = "/tmp/script", HELD(UNLISTED)},
		{.role = ROLE_INTERPRETER, HELD(SHELL)})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a script that its loaded interpreter is about to open",
	 {.proven = true,
	  FILES({HELD(SHELL)}, {.role = ROLE_ELF_INTERPRETER, HELD(LOADER)},
		{.path = "/tmp/script", HELD(UNLISTED)})},
	 DENIED_FOR(REASON_NOT_IN_IMAGE, 2)},
	{"an interpreter's interpreter",
	 {FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER, HELD(SCRIPT)},
		{.role = ROLE_INTERPRETER, HELD(UNLISTED)})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 2)},
	{"an ELF interpreter that isn't the image's",
	 {FILES({HELD(SHELL)}, {.role = ROLE_ELF_INTERPRETER,
				.path = "/lib/ld.so",
				HELD(UNLISTED)})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"an ELF interpreter that may yet be written",
	 {.proven = true,
	  FILES({HELD(SHELL)}, {.role = ROLE_ELF_INTERPRETER, READ(LOADER)})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"the last of all files there is room for",
	 {.count = FILES_MAX,
	  .files = {[0 ... FILES_MAX - 2] = {HELD(SHELL)},
		    [FILES_MAX - 1] = {HELD(UNLISTED)}}},
	 DENIED_FOR(REASON_NOT_IN_IMAGE, FILES_MAX - 1)},

	{"a library where libraries are strict",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, HELD(UNLISTED)})},
	 {.libraries = LIBRARIES_STRICT},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a library where libraries are enforced",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, HELD(UNLISTED)})},
	 {.libraries = LIBRARIES_ENFORCE},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a program where libraries are audited",
	 {FILES({HELD(UNLISTED)})},
	 {.libraries = LIBRARIES_AUDIT},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a program's ELF interpreter where libraries are audited",
	 {FILES({HELD(SHELL)}, {.role = ROLE_ELF_INTERPRETER, HELD(UNLISTED)})},
	 {.libraries = LIBRARIES_AUDIT},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"what couldn't be looked at where libraries are audited",
	 .config = {.libraries = LIBRARIES_AUDIT}, DENIED(REASON_UNRESOLVABLE)},
};

/* Exceptions that don't fit, each by one thing alone. */
static const struct row unexcepted[] = {
	{"another path",
	 {FILES({.mount = "/", .path = "/opt/b", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a longer path",
	 {FILES({.mount = "/", .path = "/opt/ab", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a path that isn't known",
	 {FILES({.mount = "/", HELD(UNLISTED)})},
	 {RULES({.path = "/*"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a star goes no deeper than a folder",
	 {FILES({.mount = "/", .path = "/opt/a/b", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/*"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a tree isn't its own folder",
	 {FILES({.mount = "/", .path = "/opt", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/**"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"another digest",
	 {FILES({HELD(UNLISTED - 1)})},
	 {RULES({.sha256 = HEX_UNLISTED})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a digest that only a stat tells of",
	 {FILES({KNOWN(UNLISTED)})},
	 {RULES({.sha256 = HEX_UNLISTED})},
	 DENIED(REASON_NOT_IN_IMAGE),
	 .stat_trusted = true},
	{"a digest of content that may yet be written",
	 {.proven = true, FILES({READ(UNLISTED)})},
	 {RULES({.sha256 = HEX_UNLISTED})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"another program that executes it",
	 {.process = "/bin/tool", FILES({HELD(UNLISTED)})},
	 {RULES({.process = "/bin/sh"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"a program that isn't known executes it",
	 {FILES({HELD(UNLISTED)})},
	 {RULES({.process = "/*"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"another mount",
	 {FILES({.place = PLACE_VOLUME, .mount = "/srv", HELD(UNLISTED)})},
	 {RULES({.mount = "/data"})},
	 DENIED(REASON_VOLUME)},
	{"a mount that isn't known",
	 {FILES({.place = PLACE_VOLUME, HELD(UNLISTED)})},
	 {RULES({.mount = "/*"})},
	 DENIED(REASON_VOLUME)},
	{"all but the path",
	 {.process = "/bin/sh",
	  FILES({.path = "/opt/b", .mount = "/opt", HELD(UNLISTED)})},
	 {RULES({"/opt/a", HEX_UNLISTED, "/bin/sh", "/opt"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"all but the digest",
	 {.process = "/bin/sh",
	  FILES({.path = "/opt/a", .mount = "/opt", HELD(UNLISTED - 1)})},
	 {RULES({"/opt/a", HEX_UNLISTED, "/bin/sh", "/opt"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"all but the program that executes it",
	 {.process = "/bin/tool",
	  FILES({.path = "/opt/a", .mount = "/opt", HELD(UNLISTED)})},
	 {RULES({"/opt/a", HEX_UNLISTED, "/bin/sh", "/opt"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"all but the mount",
	 {.process = "/bin/sh",
	  FILES({.path = "/opt/a", .mount = "/", HELD(UNLISTED)})},
	 {RULES({"/opt/a", HEX_UNLISTED, "/bin/sh", "/opt"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"two that fit by halves",
	 {.process = "/bin/tool", FILES({.path = "/opt/a", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a", .process = "/bin/sh"},
		{.path = "/opt/b", .process = "/bin/tool"})},
	 DENIED(REASON_NOT_IN_IMAGE)},
	{"one for the script doesn't cover its interpreter",
	 {FILES({.mount = "/", .path = "/opt/a", HELD(UNLISTED)},
		{.role = ROLE_INTERPRETER, .path = "/b", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"none covers what took too long",
	 {.timed_out = true, FILES({.path = "/opt/a", HELD(SHELL)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_TIMEOUT)},
	{"none covers what couldn't be resolved",
	 {.unresolvable = true, FILES({.path = "/opt/a", HELD(SHELL)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_UNRESOLVABLE)},
	{"none covers another tracer",
	 {.traced = true, FILES({.path = "/opt/a", HELD(SHELL)})},
	 {RULES({.path = "/opt/a"})},
	 DENIED(REASON_TRACED)},
};

static const struct row flagged[] = {
	{"nothing was found", .config = {.mode = MODE_AUDIT},
	 FLAGGED(REASON_UNRESOLVABLE)},
	{"too many files",
	 {.count = FILES_MAX + 1},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_UNRESOLVABLE)},
	{"too long",
	 {.timed_out = true},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_TIMEOUT)},
	{"another tracer",
	 {.traced = true, FILES({HELD(SHELL)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_TRACED)},
	{"a new file",
	 {FILES({HELD(UNLISTED)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_NOT_IN_IMAGE)},
	{"a modified one",
	 {FILES({PLACED("/bin/sh"), HELD(UNLISTED)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_MODIFIED)},
	{"a volume's",
	 {FILES({.place = PLACE_VOLUME, HELD(UNLISTED)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_VOLUME)},
	{"one at another path",
	 {FILES({.path = "/tmp/sh", HELD(SHELL)})},
	 {.mode = MODE_AUDIT, .match = MATCH_PATH},
	 FLAGGED(REASON_WRONG_PATH)},
	{"one that is being written",
	 {FILES({READ(SHELL)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_WRITABLE)},
	{"one in memory",
	 {FILES({.place = PLACE_MEMORY})},
	 {.mode = MODE_AUDIT},
	 FLAGGED(REASON_MEMORY_FILE)},
	{"an interpreter, of which the file is told",
	 {FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER, HELD(UNLISTED)})},
	 {.mode = MODE_AUDIT},
	 FLAGGED_FOR(REASON_INTERPRETER_DRIFT, 1)},
	{"a library where libraries are audited",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, .path = "/lib/new.so", HELD(UNLISTED)})},
	 {.libraries = LIBRARIES_AUDIT},
	 FLAGGED(REASON_NOT_IN_IMAGE)},
	{"a library in memory where libraries are audited",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, .place = PLACE_MEMORY, .elf = true})},
	 {.libraries = LIBRARIES_AUDIT},
	 FLAGGED(REASON_MEMORY_FILE)},
};

static const struct row allowed[] = {
	{"a file of the image, by its stat",
	 {FILES({.place = PLACE_IMAGE, KNOWN(SHELL)})},
	 ALLOWED,
	 .stat_trusted = true},
	{"the same at the proof",
	 {.proven = true, FILES({.place = PLACE_IMAGE, KNOWN(SHELL)})},
	 ALLOWED,
	 .stat_trusted = true},
	{"a stat that proves nothing, on the way to the proof",
	 {FILES({.place = PLACE_IMAGE, KNOWN(SHELL)})},
	 ALLOWED},
	{"a file of the image, read",
	 {.proven = true, FILES({.place = PLACE_IMAGE, HELD(SHELL)})},
	 ALLOWED},
	{"a reading where a stat proves nothing",
	 {.proven = true,
	  FILES({.place = PLACE_IMAGE, .stat_matches = true, HELD(SHELL)})},
	 ALLOWED},
	{"a copy of a file of the image",
	 {FILES({.place = PLACE_IMAGE, .path = "/tmp/sh", HELD(SHELL)})},
	 ALLOWED},
	{"a copy on a mount whose own files are none",
	 {FILES({.place = PLACE_VOLUME, .path = "/data/sh", HELD(SHELL)})},
	 ALLOWED},
	{"a file of the image that a stat tells from all others",
	 {.proven = true, FILES({.path = "/bin/sh", KNOWN(SHELL)})},
	 {.match = MATCH_PATH},
	 ALLOWED,
	 .stat_trusted = true},
	{"a file of the image at its path",
	 {FILES({PLACED("/bin/sh"), HELD(SHELL)})},
	 {.match = MATCH_PATH},
	 ALLOWED},
	{"an unlisted script where scripts are audited",
	 {FILES({HELD(SHELL)}, {.role = ROLE_SCRIPT, HELD(UNLISTED)})},
	 {.scripts = SCRIPTS_AUDIT},
	 FLAGGED_FOR(REASON_NOT_IN_IMAGE, 1)},
	{"an archive's library, wherever it was extracted to",
	 {.maps = true,
	  .proven = true,
	  FILES({.role = ROLE_LIBRARY, .path = "/tmp/lib.so", HELD(MEMBER)})},
	 {.match = MATCH_PATH},
	 ALLOWED},
	{"a script of the image that is handed to a shell",
	 {.proven = true,
	  FILES({HELD(SHELL)}, {.role = ROLE_SCRIPT, HELD(SCRIPT)})},
	 ALLOWED},
	{"a script, its interpreter and that one's ELF interpreter",
	 {FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER, KNOWN(SHELL)},
		{.role = ROLE_ELF_INTERPRETER, KNOWN(LOADER)})},
	 ALLOWED},
	{"as many files as there is room for",
	 {.count = FILES_MAX, .files = {[0 ... FILES_MAX - 1] = {HELD(SHELL)}}},
	 ALLOWED},
	{"a library of the image",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, KNOWN(LIBRARY)})},
	 ALLOWED,
	 .stat_trusted = true},
	{"a shared mapping of memory that holds no ELF",
	 {.proven = true,
	  .maps = true,
	  FILES({.role = ROLE_LIBRARY, .place = PLACE_MEMORY})},
	 ALLOWED},
	{"another tracer where that is allowed",
	 {.traced = true, FILES({HELD(SHELL)})},
	 {.traced = PERMISSION_ALLOW},
	 ALLOWED},
	{"what hooks added",
	 {FILES({.place = PLACE_IMAGE, HELD(PLUGIN)})},
	 ALLOWED,
	 .added = true},
	{"what hooks added, at its path",
	 {FILES({PLACED("/data/plugin"), HELD(PLUGIN)})},
	 {.match = MATCH_PATH},
	 ALLOWED,
	 .added = true},
	{"what the image ships, on a mount that the container made",
	 {FILES({.place = PLACE_FOREIGN, HELD(SHELL)})},
	 ALLOWED},
	{"a file of a sealed volume",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY, HELD(PLUGIN)})},
	 ALLOWED,
	 .volumes = true},
	{"a file of a sealed volume at its path",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY,
		 PLACED("/data/plugin"),
		 HELD(PLUGIN)})},
	 {.match = MATCH_PATH},
	 ALLOWED,
	 .volumes = true},
	{"a file of a sealed volume that hides the image's of that path",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY,
		 PLACED("/bin/tool"),
		 HELD(SHADOW)})},
	 {.match = MATCH_PATH},
	 ALLOWED,
	 .volumes = true},
	{"the image's file where a sealed volume has that path too",
	 {FILES({PLACED("/bin/tool"), HELD(TOOL)})},
	 {.match = MATCH_PATH},
	 ALLOWED,
	 .volumes = true},
	{"anything on a writable mount that is trusted",
	 {.proven = true,
	  FILES({.place = PLACE_VOLUME, .path = "/bin/sh", READ(UNLISTED)})},
	 {.volumes_writable = VOLUME_TRUST, .match = MATCH_PATH},
	 ALLOWED},
	{"anything on a read-only mount that is trusted",
	 {.proven = true, FILES({.place = PLACE_VOLUME_READ_ONLY})},
	 {.volumes_read_only = VOLUME_TRUST},
	 ALLOWED},
	{"nothing to flag where all is audited",
	 {FILES({HELD(SHELL)})},
	 {.mode = MODE_AUDIT, .libraries = LIBRARIES_AUDIT},
	 ALLOWED},

	{"an exception by path",
	 {.proven = true,
	  FILES({.mount = "/", .path = "/opt/a", READ(UNLISTED)})},
	 {RULES({.path = "/opt/a"})},
	 EXCEPTED(0)},
	{"an exception by a pattern of paths",
	 {FILES({.mount = "/", .path = "/opt/x/a", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/*/[ab]"})},
	 EXCEPTED(0)},
	{"an exception by digest, on the way to the proof",
	 {FILES({READ(UNLISTED)})},
	 {RULES({.sha256 = HEX_UNLISTED})},
	 EXCEPTED(0)},
	{"an exception by digest, at the proof",
	 {.proven = true, FILES({HELD(UNLISTED)})},
	 {RULES({.sha256 = HEX_UNLISTED})},
	 EXCEPTED(0)},
	{"an exception by the program that executes",
	 {.process = "/bin/sh", FILES({.mount = "/", HELD(UNLISTED)})},
	 {RULES({.process = "/bin/*"})},
	 EXCEPTED(0)},
	{"an exception by mount",
	 {FILES({.place = PLACE_VOLUME, .mount = "/data", HELD(UNLISTED)})},
	 {RULES({.mount = "/data"})},
	 EXCEPTED(0)},
	{"an exception by everything",
	 {.process = "/bin/sh",
	  FILES({.path = "/opt/a", .mount = "/opt", HELD(UNLISTED)})},
	 {RULES({"/opt/a", HEX_UNLISTED, "/bin/sh", "/opt"})},
	 EXCEPTED(0)},
	{"the second exception fits, and the third would",
	 {FILES({.mount = "/", .path = "/opt/b", HELD(UNLISTED)})},
	 {RULES({.path = "/opt/a"}, {.path = "/opt/b"}, {.path = "/opt/*"})},
	 EXCEPTED(1)},
	{"an exception for a file in memory",
	 {FILES({.place = PLACE_MEMORY, .path = "/memfd:a (deleted)"})},
	 {RULES({.path = "/memfd:*"})},
	 EXCEPTED(0)},
	{"an exception for an interpreter",
	 {FILES({HELD(SCRIPT)}, {.role = ROLE_INTERPRETER,
				 .mount = "/",
				 .path = "/b",
				 HELD(UNLISTED)})},
	 {RULES({.path = "/b"})},
	 EXCEPTED(0)},
	{"exceptions are for what needs one",
	 {FILES({.mount = "/", .path = "/bin/sh", HELD(SHELL)})},
	 {RULES({.path = "/bin/sh"})},
	 ALLOWED},
	{"an exception isn't flagged where all is audited",
	 {FILES({.mount = "/", .path = "/opt/a", HELD(UNLISTED)})},
	 {.mode = MODE_AUDIT, RULES({.path = "/opt/a"})},
	 EXCEPTED(0)},
};

static struct sealed sealed;
static const struct manifest *of_volumes;

static void check(const struct row *row)
{
	/* Nothing that a decision held before is left in it. */
	struct decision got = {VERDICT_ALLOW, REASON_RACE, true, 7, 7};

	sealed.stat_trusted = row->stat_trusted;
	sealed.volumes = row->volumes ? of_volumes : NULL;
	sealed.added = row->added ? of_volumes : NULL;
	decision_make(&sealed, &row->config, &row->facts, &got);
	CHECK(row->name, got.verdict == row->want.verdict);
	CHECK(row->name, got.reason == row->want.reason);
	CHECK(row->name, got.flagged == row->want.flagged);
	CHECK(row->name, got.file == row->want.file);
	CHECK(row->name, got.allow_rule == row->want.allow_rule);
}

static void add(struct manifest_builder *builder, const char *path,
		uint8_t digest)
{
	const struct entry entry = {
		.path = path,
		.path_len = strlen(path),
		.interpreter = "",
		.kind = strstr(path, "!/") ? KIND_MEMBER : KIND_ELF,
		.digest = {digest},
		.identity = {.ino = digest},
	};

	if (manifest_builder_add(builder, &entry, NULL) < 0)
		abort();
}

static void parse(struct manifest_builder *builder, struct buffer *bytes,
		  struct manifest **ret)
{
	if (manifest_builder_write(builder, bytes, NULL) < 0 ||
	    manifest_parse(bytes->data, bytes->len, ret, NULL) < 0)
		abort();
}

int main(void)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *of_image = manifest_builder_new();
	OWNED(manifest_builder_owned)
	struct manifest_builder *of_mounts = manifest_builder_new();
	OWNED(buffer_clear) struct buffer image_bytes = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer volume_bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *image_manifest = NULL;
	OWNED(manifest_owned) struct manifest *volume_manifest = NULL;

	for (size_t i = 0; i < ARRAY_LEN(image); i++)
		add(of_image, image[i].path, image[i].digest);
	for (size_t i = 0; i < ARRAY_LEN(volumes); i++)
		add(of_mounts, volumes[i].path, volumes[i].digest);
	parse(of_image, &image_bytes, &image_manifest);
	parse(of_mounts, &volume_bytes, &volume_manifest);
	sealed.image = image_manifest;
	of_volumes = volume_manifest;

	CHECK("a decision that nobody made denies",
	      ((struct decision){0}).verdict == VERDICT_DENY);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		check(&refused[i]);
	for (size_t i = 0; i < ARRAY_LEN(unexcepted); i++)
		check(&unexcepted[i]);
	for (size_t i = 0; i < ARRAY_LEN(flagged); i++)
		check(&flagged[i]);
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		check(&allowed[i]);
	TEST_END();
}
