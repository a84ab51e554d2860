#include "detail.h"

#include "test.h"

#include <string.h>

#define FILES(...)                                                             \
	.files = {__VA_ARGS__},                                                \
	.count = ARRAY_LEN(((struct file_facts[]){__VA_ARGS__}))

/* All zero is the strictest configuration. */
static const struct row {
	const char *name;
	struct facts facts;
	struct config config;
	enum reason reason;
	size_t file;
	const char *part; /* of the sentence; NULL: there is none */
} rows[] = {
	{"nothing is said where nothing is wrong",
	 {FILES({.place = PLACE_VOLUME})},
	 .reason = REASON_NONE},
	{"no file was seen", {.count = 0}, .reason = REASON_NOT_IN_IMAGE},
	{"no file was seen of an interpreter",
	 {.count = 0},
	 .reason = REASON_INTERPRETER_DRIFT},
	{"a new program says all by its reason",
	 {FILES({.place = PLACE_IMAGE})},
	 .reason = REASON_NOT_IN_IMAGE},

	{"a library of the root without a mark may be named",
	 {.maps = true,
	  FILES({.role = ROLE_LIBRARY, .place = PLACE_IMAGE, .hashed = true})},
	 .reason = REASON_NOT_IN_IMAGE,
	 .part = "shipped, but not sealed"},
	{"one that has a mark was sealed, or isn't the image's",
	 {.maps = true,
	  FILES({.role = ROLE_LIBRARY, .place = PLACE_IMAGE, .elf = true})},
	 .reason = REASON_NOT_IN_IMAGE},
	{"nor is one on a volume",
	 {.maps = true, FILES({.role = ROLE_LIBRARY, .place = PLACE_VOLUME})},
	 .reason = REASON_NOT_IN_IMAGE},

	{"a mount that came later",
	 {FILES({.place = PLACE_FOREIGN})},
	 .reason = REASON_VOLUME,
	 .part = "a mount that came after"},
	{"a mount that came later, and may be a copy of the host's",
	 {FILES({.place = PLACE_FOREIGN, .arrival = ARRIVAL_UNSEEN})},
	 .reason = REASON_VOLUME,
	 .part = "isn't seen to be the host's"},
	{"a mount that came later, where the container mounts for the host",
	 {FILES({.place = PLACE_FOREIGN,
		 .overlay = true,
		 .arrival = ARRIVAL_SHARED})},
	 .reason = REASON_VOLUME,
	 .part = "shares with the host"},
	{"one that the host mounted in a writable volume, by policy",
	 {FILES({.place = PLACE_VOLUME, .arrival = ARRIVAL_PROPAGATED})},
	 .reason = REASON_VOLUME,
	 .part = "volumes.writable is deny"},
	{"another overlay",
	 {FILES({.place = PLACE_FOREIGN, .overlay = true})},
	 .reason = REASON_VOLUME,
	 .part = "another overlay"},
	{"a writable volume is drift by policy",
	 {FILES({.place = PLACE_VOLUME})},
	 .reason = REASON_VOLUME,
	 .part = "volumes.writable is deny"},
	{"a writable volume was sealed without it",
	 {FILES({.place = PLACE_VOLUME})},
	 {.volumes_writable = VOLUME_SEAL},
	 .reason = REASON_VOLUME,
	 .part = "sealed without it"},
	{"a read-only volume is drift by policy, whatever a writable one is",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY})},
	 {.volumes_writable = VOLUME_SEAL},
	 .reason = REASON_VOLUME,
	 .part = "volumes.read_only is deny"},
	{"a read-only volume was sealed without it",
	 {FILES({.place = PLACE_VOLUME_READ_ONLY})},
	 {.volumes_read_only = VOLUME_SEAL},
	 .reason = REASON_VOLUME,
	 .part = "sealed without it"},
	{"the file that is the reason counts, not the first",
	 {FILES({.place = PLACE_IMAGE},
		{.role = ROLE_SCRIPT, .place = PLACE_FOREIGN})},
	 .reason = REASON_VOLUME,
	 .file = 1,
	 .part = "a mount that came after"},

	{"the container's own mount shows it where it was shipped",
	 {FILES({.place = PLACE_FOREIGN})},
	 .reason = REASON_WRONG_PATH,
	 .part = "own shows it"},
	{"it lies where it wasn't shipped",
	 {FILES({.place = PLACE_IMAGE, .placed = true})},
	 .reason = REASON_WRONG_PATH},

	{"what was loaded isn't what was asked for, binfmt_misc denied",
	 {.proven = true,
	  FILES({.place = PLACE_IMAGE}, {.role = ROLE_PROGRAM})},
	 .reason = REASON_NOT_IN_IMAGE,
	 .part = "policy binfmt is deny"},
	{"what was loaded isn't what was asked for, binfmt_misc sealed",
	 {.proven = true,
	  FILES({.place = PLACE_FOREIGN}, {.role = ROLE_ELF_INTERPRETER},
		{.role = ROLE_PROGRAM})},
	 {.binfmt = BINFMT_SEAL},
	 .reason = REASON_VOLUME,
	 .part = "isn't the host's"},
	{"a script that was asked for is followed by its interpreter",
	 {.proven = true,
	  FILES({.place = PLACE_IMAGE}, {.role = ROLE_PROGRAM},
		{.role = ROLE_INTERPRETER})},
	 .reason = REASON_NOT_IN_IMAGE},
	{"nothing was loaded yet",
	 {FILES({.place = PLACE_IMAGE}, {.role = ROLE_PROGRAM})},
	 .reason = REASON_NOT_IN_IMAGE},

	{"an interpreter of a script",
	 {FILES({0}, {.role = ROLE_INTERPRETER, .place = PLACE_IMAGE})},
	 .reason = REASON_INTERPRETER_DRIFT,
	 .file = 1,
	 .part = "first line"},
	{"one of a program",
	 {FILES({0}, {.role = ROLE_ELF_INTERPRETER, .place = PLACE_IMAGE})},
	 .reason = REASON_INTERPRETER_DRIFT,
	 .file = 1,
	 .part = "ELF header"},
	{"one on a volume",
	 {FILES({0}, {.role = ROLE_INTERPRETER, .place = PLACE_VOLUME})},
	 .reason = REASON_INTERPRETER_DRIFT,
	 .file = 1,
	 .part = "volumes.writable"},
	{"one of the host's binfmt_misc",
	 {FILES({0}, {.role = ROLE_ELF_INTERPRETER,
		      .place = PLACE_FOREIGN,
		      .registered = true})},
	 .reason = REASON_INTERPRETER_DRIFT,
	 .file = 1,
	 .part = "policy binfmt is deny"},

	{"somebody comes to write it",
	 {.overwritten = true},
	 .reason = REASON_WRITABLE,
	 .part = "comes to write"},
	{"somebody opens it while it is mapped",
	 {FILES({.keeping = KEEPING_WRITTEN})},
	 .reason = REASON_WRITABLE,
	 .part = "opens it to write"},
	{"no lease keeps writers away",
	 {FILES({.hashed = true})},
	 .reason = REASON_WRITABLE,
	 .part = "no lease holds"},

	{"shared memory",
	 {.segment = true},
	 .reason = REASON_MEMORY_FILE,
	 .part = "policy memory is deny"},
	{"a memory file that changes",
	 {FILES({.place = PLACE_MEMORY})},
	 .reason = REASON_MEMORY_FILE,
	 .part = "written while it runs"},
	{"one that can't, with what nobody shipped",
	 {FILES({.place = PLACE_MEMORY, .frozen = true, .hashed = true})},
	 .reason = REASON_MEMORY_FILE,
	 .part = "no such content"},
	{"one that wasn't read",
	 {FILES({.place = PLACE_MEMORY, .frozen = true})},
	 .reason = REASON_MEMORY_FILE},

	{"the process couldn't be held",
	 {.unheld = true, .unresolvable = true},
	 .reason = REASON_UNRESOLVABLE,
	 .part = "can't be held"},
	{"a file couldn't be read",
	 {.unresolvable = true},
	 .reason = REASON_UNRESOLVABLE,
	 .part = "a file can't be opened or read"},
	{"the memory that names it couldn't be read",
	 {.unresolvable = true, .unread = true},
	 .reason = REASON_UNRESOLVABLE,
	 .part = "the memory that names a file can't be read"},
	{"too many files are kept",
	 {FILES({.keeping = KEEPING_FULL})},
	 .reason = REASON_UNRESOLVABLE,
	 .part = "more files"},
	{"more files than there is room for",
	 {.count = FILES_MAX + 1},
	 .reason = REASON_UNRESOLVABLE},

	{"a tracer from outside",
	 {.traced = true, .outside = true},
	 .reason = REASON_TRACED,
	 .part = "none of the container's"},
	{"a tracer",
	 {.traced = true},
	 .reason = REASON_TRACED,
	 .part = "isn't known"},
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		const struct decision decision = {
			.reason = row->reason,
			.file = row->file,
			.allow_rule = -1,
		};
		const char *got =
			detail_choose(&row->config, &row->facts, &decision);

		CHECK(row->name,
		      row->part ? got && strstr(got, row->part) : got == NULL);
	}
	TEST_END();
}
