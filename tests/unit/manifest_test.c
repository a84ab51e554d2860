#include "manifest.h"

#include "test.h"

#include <errno.h>
#include <string.h>

/* The fields that the rows below damage; see manifest.c. */
enum {
	AT_COUNT = 8,
	AT_SLOTS = 12,
	AT_TEXT_LEN = 16,
	RECORDS = 24,
	RECORD = 104,
	LAST = RECORDS + 7 * RECORD, /* of the entries below */
	AT_PATH = LAST,
	AT_PATH_LEN = LAST + 4,
	AT_INTERPRETER = LAST + 8,
	AT_KIND = LAST + 12,
};

#define PATH(text) .path = (text), .path_len = sizeof(text) - 1
#define TIMES(m, c)                                                            \
	.size = 100, .mtime_ns = (m), .ctime_ns = (c), .mode = 0100755

/* The order isn't the manifest's. */
static const struct entry entries[] = {
	{PATH("/usr/bin/python3"), .interpreter = "/lib64/ld.so",
	 .kind = KIND_ELF, .digest = {1, 2, 3},
	 .identity = {.dev = 1,
		      .ino = 10,
		      .size = UINT64_MAX,
		      .mtime_ns = INT64_MIN,
		      .ctime_ns = INT64_MAX,
		      .mode = 0104755,
		      .uid = UINT32_MAX,
		      .gid = 5,
		      .nlink = 7}},
	{PATH("/bin/hard"), .interpreter = "", .kind = KIND_OTHER,
	 .digest = {4}, .identity = {.dev = 1, .ino = 11, TIMES(1, 2)}},
	{PATH("/bin/link"), .interpreter = "", .kind = KIND_OTHER,
	 .digest = {4}, .identity = {.dev = 1, .ino = 11, TIMES(1, 2)}},
	{PATH("/bin/other-device"), .interpreter = "", .kind = KIND_MEMBER,
	 .digest = {5}, .identity = {.dev = 2, .ino = 11, TIMES(1, 3)}},
	{PATH("/bin/fresh"), .interpreter = "/bin/sh", .kind = KIND_SCRIPT,
	 .racy = true, .digest = {6},
	 .identity = {.dev = 1, .ino = 12, TIMES(1, 2)}},
	{PATH("/bin/a\n\x01\x80\xff\" b"), .interpreter = "/bin/\xff",
	 .kind = KIND_SCRIPT, .digest = {7}, .identity = {.dev = 1, .ino = 0}},
	{PATH("/"), .interpreter = "", .digest = {8}, .identity = {.ino = 13}},
	{PATH(""), .interpreter = "", .digest = {9}, .identity = {.ino = 14}},
};

static void build(const struct entry *list, size_t count, struct buffer *out)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();

	for (size_t i = 0; i < count; i++)
		if (!builder ||
		    manifest_builder_add(builder, &list[i], NULL) < 0)
			abort();
	if (manifest_builder_write(builder, out, NULL) < 0)
		abort();
}

/* Bytes of exactly that many, so that the sanitizer sees a step beyond. */
static char *copy(const struct buffer *bytes, size_t len)
{
	char *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memcpy(exact, bytes->data, len < bytes->len ? len : bytes->len);
	return exact;
}

static bool same(const struct entry *a, const struct entry *b)
{
	return a->path_len == b->path_len &&
	       memcmp(a->path, b->path, a->path_len + 1) == 0 &&
	       strcmp(a->interpreter, b->interpreter) == 0 &&
	       a->kind == b->kind && a->racy == b->racy &&
	       memcmp(a->digest, b->digest, DIGEST_SIZE) == 0 &&
	       identity_same_file(&a->identity, &b->identity) &&
	       identity_same_content(&a->identity, &b->identity) &&
	       a->identity.mode == b->identity.mode &&
	       a->identity.uid == b->identity.uid &&
	       a->identity.gid == b->identity.gid &&
	       a->identity.nlink == b->identity.nlink;
}

static bool find(const struct manifest *m, const char *path, struct entry *ret)
{
	return manifest_find_path(m, path, strlen(path), ret);
}

static void check_round_trip(const struct manifest *m)
{
	struct entry got;

	CHECK("all are there", manifest_count(m) == ARRAY_LEN(entries));
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *want = &entries[i];

		CHECK(want->path, find(m, want->path, &got));
		CHECK(want->path, same(&got, want));
		CHECK(want->path, manifest_find_digest(m, want->digest, &got));
		CHECK(want->path,
		      memcmp(got.digest, want->digest, DIGEST_SIZE) == 0);
		CHECK(want->path,
		      manifest_find_identity(m, &want->identity, &got));
		CHECK(want->path,
		      identity_same_content(&got.identity, &want->identity));
	}
	for (size_t i = 0; i < manifest_count(m); i++) {
		size_t matches = 0;

		manifest_entry(m, i, &got);
		for (size_t j = 0; j < ARRAY_LEN(entries); j++)
			matches += same(&got, &entries[j]);
		CHECK("each entry by its number is one of them", matches == 1);
	}
}

static void check_paths(const struct manifest *m)
{
	static const char *const absent[] = {
		"/bin/har", "/bin/hard/", "/bin/hare", "bin/hard", "/bin/HARD",
		"/bin",	    "//",	  "zzz",       "\xff",
	};
	struct entry got;

	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		CHECK(absent[i], !find(m, absent[i], &got));
	CHECK("a path with a NUL behind it is another",
	      !manifest_find_path(m, "/bin/hard", 10, &got));
}

static void check_digests(const struct manifest *m)
{
	uint8_t digest[DIGEST_SIZE] = {1, 2, 3, [DIGEST_SIZE - 1] = 1};
	struct entry got;

	CHECK("a digest that differs in its last byte",
	      !manifest_find_digest(m, digest, &got));
	digest[DIGEST_SIZE - 1] = 0;
	CHECK("and without it", manifest_find_digest(m, digest, &got));
	memset(digest, 0, sizeof(digest));
	CHECK("no digest at all", !manifest_find_digest(m, digest, &got));
}

static const struct {
	const char *name;
	struct identity identity;
	const char *path; /* NULL: not found */
	bool racy;
} identities[] = {
	{"another inode", {.ino = 99, TIMES(1, 2)}, NULL, false},
	{"another size",
	 {.ino = 12, .size = 101, .mtime_ns = 1, .ctime_ns = 2},
	 NULL,
	 false},
	{"another mtime", {.ino = 12, TIMES(2, 2)}, NULL, false},
	{"another ctime", {.ino = 12, TIMES(1, 1)}, NULL, false},
	{"whatever the device and the mode",
	 {.dev = 77, .ino = 12, TIMES(1, 2), .nlink = 9, .mount = 5},
	 "/bin/fresh",
	 true},
	{"one inode number on two devices, by its ctime",
	 {.dev = 1, .ino = 11, TIMES(1, 3)},
	 "/bin/other-device",
	 false},
	{"the lowest inode number", {.ino = 0}, "/bin/a\n\x01\x80\xff\" b", 0},
};

static void check_identities(const struct manifest *m)
{
	const struct identity hard = {.ino = 11, TIMES(1, 2)};
	struct entry got;

	for (size_t i = 0; i < ARRAY_LEN(identities); i++) {
		bool found = manifest_find_identity(m, &identities[i].identity,
						    &got);

		CHECK(identities[i].name, found == !!identities[i].path);
		if (!found || !identities[i].path)
			continue;
		CHECK(identities[i].name,
		      strcmp(got.path, identities[i].path) == 0);
		CHECK(identities[i].name, got.racy == identities[i].racy);
	}
	CHECK("a hard link is found",
	      manifest_find_identity(m, &hard, &got) && got.digest[0] == 4);
	CHECK("by one of its names",
	      strcmp(got.path, "/bin/hard") == 0 ||
		      strcmp(got.path, "/bin/link") == 0);
}

/* Every one is found though their slots are the same. */
static void check_collisions(void)
{
	enum { COUNT = 300 };
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *m = NULL;
	struct entry list[COUNT] = {0};
	size_t found = 0;

	for (size_t i = 0; i < COUNT; i++)
		list[i] = (struct entry){
			PATH("/same"),
			.interpreter = "",
			.digest = {[30] = (uint8_t)(i >> 8), (uint8_t)i},
			.identity = {.ino = 7, .mtime_ns = (int64_t)i},
		};
	build(list, COUNT, &bytes);
	if (manifest_parse(bytes.data, bytes.len, &m, NULL) < 0)
		abort();
	for (size_t i = 0; i < COUNT; i++) {
		struct entry got;

		found += manifest_find_digest(m, list[i].digest, &got) &&
			 memcmp(got.digest, list[i].digest, DIGEST_SIZE) == 0;
		found += manifest_find_identity(m, &list[i].identity, &got) &&
			 got.identity.mtime_ns == (int64_t)i;
	}
	CHECK("entries whose slots are the same", found == 2 * (size_t)COUNT);
}

/* The tables double as the count does. */
static void check_counts(void)
{
	enum { COUNT = 70 };
	struct entry list[COUNT] = {0};

	for (size_t count = 0; count <= COUNT; count++) {
		OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
		OWNED(manifest_owned) struct manifest *m = NULL;
		OWNED(free_owned) char *exact = NULL;
		struct entry got;
		size_t found = 0;

		if (count)
			list[count - 1] = (struct entry){
				PATH("/"),
				.interpreter = "",
				.digest = {(uint8_t)count},
				.identity = {.ino = count},
			};
		build(list, count, &bytes);
		exact = copy(&bytes, bytes.len);
		CHECK("any count",
		      manifest_parse(exact, bytes.len, &m, NULL) == 0);
		CHECK("any count", manifest_count(m) == count);
		for (size_t i = 0; i < count; i++)
			found += manifest_find_digest(m, list[i].digest, &got);
		CHECK("any count", found == count);
		CHECK("any count finds what it hasn't",
		      !manifest_find_digest(m, (uint8_t[DIGEST_SIZE]){255},
					    &got));
		CHECK("any count finds what it hasn't",
		      !manifest_find_identity(m, &(struct identity){.ino = 999},
					      &got));
	}
}

static void check_empty(void)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *m = NULL;
	const struct identity zero = {0};
	const uint8_t digest[DIGEST_SIZE] = {0};
	struct entry got;

	build(NULL, 0, &bytes);
	CHECK("an empty manifest is one",
	      manifest_parse(bytes.data, bytes.len, &m, NULL) == 0);
	CHECK("an empty manifest has none", manifest_count(m) == 0);
	CHECK("an empty manifest, by path", !find(m, "", &got));
	CHECK("an empty manifest, by digest",
	      !manifest_find_digest(m, digest, &got));
	CHECK("an empty manifest, by identity",
	      !manifest_find_identity(m, &zero, &got));
}

static void check_cut(const struct buffer *bytes)
{
	struct manifest *const untouched = (void *)&test_rows;
	size_t parsed = 0;
	size_t touched = 0;
	size_t unsaid = 0;

	for (size_t len = 0; len <= bytes->len + 8; len++) {
		OWNED(free_owned) char *exact = copy(bytes, len);
		struct manifest *m = untouched;
		struct err e = {0};

		if (len == bytes->len)
			continue;
		if (len > bytes->len)
			memset(exact + bytes->len, 0, len - bytes->len);
		if (manifest_parse(exact, len, &m, &e) == 0)
			parsed++;
		touched += m != untouched;
		unsaid += !e.code || !*e.text;
	}
	CHECK("each cut, and what is too long, is refused", parsed == 0);
	CHECK("a refusal leaves the result alone", touched == 0);
	CHECK("a refusal says why", unsaid == 0);
}

static const struct {
	const char *name;
	size_t at;
	size_t width;
	uint64_t value;
} damages[] = {
	{"another program's bytes", 0, 1, 'R'},
	{"another version", 7, 1, 1},
	{"more entries than there may be", AT_COUNT, 4,
	 MANIFEST_ENTRIES_MAX + 1},
	{"more entries than there are", AT_COUNT, 4, ARRAY_LEN(entries) + 1},
	{"fewer entries than there are", AT_COUNT, 4, ARRAY_LEN(entries) - 1},
	{"a count whose double is 0", AT_COUNT, 4, UINT64_C(1) << 31},
	{"no slots", AT_SLOTS, 4, 0},
	{"one slot", AT_SLOTS, 4, 1},
	{"slots that are no power of two", AT_SLOTS, 4, 17},
	{"slots that would be more than half full", AT_SLOTS, 4, 8},
	{"more slots than there are", AT_SLOTS, 4, 32},
	{"all slots that 32 bits can count", AT_SLOTS, 4, UINT64_C(1) << 31},
	{"text that isn't there", AT_TEXT_LEN, 8, 1 << 20},
	{"text whose length wraps around", AT_TEXT_LEN, 8, UINT64_MAX},
	{"no text", AT_TEXT_LEN, 8, 0},
	{"a path outside the text", AT_PATH, 4, 1 << 20},
	{"a path whose end wraps around", AT_PATH, 4, UINT32_MAX},
	{"a path that goes on beyond its NUL", AT_PATH_LEN, 4, 17},
	{"a path that ends before its NUL", AT_PATH_LEN, 4, 15},
	{"a path as long as can be", AT_PATH_LEN, 4, UINT32_MAX},
	{"an interpreter outside the text", AT_INTERPRETER, 4, 1 << 20},
	{"a kind that isn't known", AT_KIND, 2, KIND_TEXT + 1},
};

static void check_damages(const struct buffer *bytes)
{
	for (size_t i = 0; i < ARRAY_LEN(damages); i++) {
		OWNED(free_owned) char *exact = copy(bytes, bytes->len);
		OWNED(manifest_owned) struct manifest *m = NULL;

		memcpy(exact + damages[i].at, &damages[i].value,
		       damages[i].width);
		CHECK(damages[i].name,
		      manifest_parse(exact, bytes->len, &m, NULL) < 0);
	}
}

/* Each slot of both tables is changed, one after another: a full one is
 * emptied, or points elsewhere; an empty one is filled. */
static void check_slots(const struct buffer *bytes)
{
	const size_t tables = RECORDS + ARRAY_LEN(entries) * RECORD;
	const uint32_t beyond = ARRAY_LEN(entries) + 1;
	struct manifest *m = NULL;
	size_t parsed = 0;
	uint32_t slots;

	memcpy(&slots, bytes->data + AT_SLOTS, sizeof(slots));
	for (size_t i = 0; i < 2 * (size_t)slots; i++) {
		OWNED(free_owned) char *exact = copy(bytes, bytes->len);
		char *at = exact + tables + i * sizeof(uint32_t);
		uint32_t slot;
		uint32_t other;

		memcpy(&slot, at, sizeof(slot));
		other = slot ? 0 : 1;
		memcpy(at, &other, sizeof(other));
		parsed += manifest_parse(exact, bytes->len, &m, NULL) == 0;
		memcpy(at, &beyond, sizeof(beyond));
		parsed += manifest_parse(exact, bytes->len, &m, NULL) == 0;
	}
	CHECK("a slot too few, too many, or of no record", parsed == 0);
}

/* The same with tables of another size, whose first slots are full. */
static void resize(const struct buffer *bytes, uint32_t slots,
		   struct buffer *out)
{
	size_t tables = RECORDS + ARRAY_LEN(entries) * RECORD;
	uint32_t before;

	memcpy(&before, bytes->data + AT_SLOTS, sizeof(before));
	buffer_append(out, bytes->data, tables);
	memcpy(out->data + AT_SLOTS, &slots, sizeof(slots));
	for (uint32_t i = 0; i < 2 * slots; i++) {
		uint32_t slot = i % slots + 1;

		if (slot > ARRAY_LEN(entries))
			slot = 0;
		buffer_append(out, &slot, sizeof(slot));
	}
	tables += 2 * (size_t)before * sizeof(before);
	buffer_append(out, bytes->data + tables, bytes->len - tables);
}

static void check_sizes(const struct buffer *bytes)
{
	for (uint32_t slots = 1; slots <= 64; slots++) {
		OWNED(buffer_clear) struct buffer out = BUFFER_INIT;
		OWNED(manifest_owned) struct manifest *m = NULL;
		bool right = slots == 16 || slots == 32 || slots == 64;

		resize(bytes, slots, &out);
		CHECK("half empty tables, a power of two long, and no others",
		      manifest_parse(out.data, out.len, &m, NULL) ==
			      (right ? 0 : -1));
	}
}

static void check_last_text(const struct buffer *bytes)
{
	OWNED(free_owned) char *exact = copy(bytes, bytes->len);
	OWNED(manifest_owned) struct manifest *m = NULL;

	memcpy(exact + AT_INTERPRETER, exact + AT_TEXT_LEN, sizeof(uint32_t));
	CHECK("an interpreter right behind the text",
	      manifest_parse(exact, bytes->len, &m, NULL) < 0);
}

/* A parsed manifest can be read, and each look-up finds an entry of it. */
static bool sound(const struct manifest *m)
{
	struct entry got;
	struct entry again;

	for (size_t i = 0; i < manifest_count(m); i++) {
		manifest_entry(m, i, &got);
		if (got.path[got.path_len] != '\0' ||
		    strlen(got.path) > got.path_len || got.kind > KIND_TEXT ||
		    strlen(got.interpreter) > 4096)
			return false;
		if (manifest_find_path(m, got.path, got.path_len, &again) &&
		    (again.path_len != got.path_len ||
		     memcmp(again.path, got.path, got.path_len) != 0))
			return false;
		if (manifest_find_digest(m, got.digest, &again) &&
		    memcmp(again.digest, got.digest, DIGEST_SIZE) != 0)
			return false;
		if (manifest_find_identity(m, &got.identity, &again) &&
		    !identity_same_content(&again.identity, &got.identity))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		(void)find(m, entries[i].path, &again);
		(void)manifest_find_digest(m, entries[i].digest, &again);
		(void)manifest_find_identity(m, &entries[i].identity, &again);
	}
	return true;
}

static void check_flips(const struct buffer *bytes)
{
	OWNED(free_owned) char *exact = copy(bytes, bytes->len);
	unsigned char *flipped = (unsigned char *)exact;
	size_t parsed = 0;
	size_t unsound = 0;

	for (size_t bit = 0; bit < 8 * bytes->len; bit++) {
		OWNED(manifest_owned) struct manifest *m = NULL;

		flipped[bit / 8] ^= (unsigned char)(1U << bit % 8);
		if (manifest_parse(exact, bytes->len, &m, NULL) == 0) {
			parsed++;
			unsound += !sound(m);
		}
		flipped[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	CHECK("some flipped bits leave a manifest", parsed > 0);
	CHECK("and some don't", parsed < 8 * bytes->len);
	CHECK("no flipped bit makes it find what isn't so", unsound == 0);
}

static void check_limits(void)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *m = NULL;
	/* Their bytes are never looked at. */
	const struct entry long_one = {
		.path = "", .path_len = UINT32_MAX / 2 + 1, .interpreter = ""};
	const struct entry longer_one = {
		.path = "", .path_len = (size_t)1 << 32, .interpreter = ""};
	struct err e = {0};

	CHECK("a path that no text has room for",
	      manifest_builder_add(builder, &long_one, &e) < 0 &&
		      e.code == E2BIG);
	CHECK("a path whose length is 0 in 32 bits",
	      manifest_builder_add(builder, &longer_one, &e) < 0 &&
		      e.code == E2BIG);
	CHECK("it goes on without it",
	      manifest_builder_add(builder, &entries[0], &e) == 0 &&
		      manifest_builder_write(builder, &bytes, &e) == 0 &&
		      manifest_parse(bytes.data, bytes.len, &m, &e) == 0 &&
		      manifest_count(m) == 1);
}

int main(void)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *m = NULL;

	build(entries, ARRAY_LEN(entries), &bytes);
	check_cut(&bytes);
	check_damages(&bytes);
	check_slots(&bytes);
	check_sizes(&bytes);
	check_last_text(&bytes);
	check_flips(&bytes);
	check_limits();
	check_empty();
	CHECK("a manifest",
	      manifest_parse(bytes.data, bytes.len, &m, NULL) == 0);
	check_round_trip(m);
	check_paths(m);
	check_digests(m);
	check_identities(m);
	check_collisions();
	check_counts();
	manifest_free(NULL);
	manifest_builder_free(NULL);
	TEST_END();
}
