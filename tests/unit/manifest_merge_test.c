#include "manifest_merge.h"

#include "test.h"

#include <string.h>

enum { LAYERS = 4, NAMES = 6 };

/* A name of a layer: its kind as a letter, then its path. A file's digest is
 * its layer's number, and so is that in what is to be seen. */
struct row {
	const char *name;
	const char *layers[LAYERS][NAMES]; /* uppermost first */
	const char *seen; /* "PATH=LAYER …", in their order */
};

static const struct row rows[] = {
	{"one layer is its own sum",
	 {{"f/bin", "x/bin/a", "x/bin/b"}},
	 "/bin/a=0 /bin/b=0"},
	{"a file hides that of its name below",
	 {{"f/bin", "x/bin/a"}, {"f/bin", "x/bin/a", "x/bin/b"}},
	 "/bin/a=0 /bin/b=1"},
	{"data hides a program", {{"h/a"}, {"x/a", "x/ab"}}, "/ab=1"},
	{"a whiteout hides all that is below it, in each layer below",
	 {{"h/d"}, {"f/d", "x/d/a"}, {"f/d", "f/d/e", "x/d/e/b"}},
	 ""},
	{"what is made anew over a whiteout is seen",
	 {{"f/d", "x/d/a"}, {"h/d"}, {"f/d", "x/d/b"}},
	 "/d/a=0"},
	{"an opaque folder hides what is below it, but not its own",
	 {{"o/d", "x/d/a"}, {"f/d", "x/d/b", "x/c"}},
	 "/c=1 /d/a=0"},
	{"and ends what is merged, though a folder is above it",
	 {{"f/d", "x/d/a"}, {"o/d", "x/d/b"}, {"f/d", "x/d/c"}},
	 "/d/a=0 /d/b=1"},
	{"a folder hides a file of its name, and what that hides",
	 {{"f/d", "x/d/a"}, {"x/d"}, {"f/d", "x/d/b"}},
	 "/d/a=0"},
	{"a file in place of a folder hides what is in it",
	 {{"x/d"}, {"f/d", "x/d/a"}},
	 "/d=0"},
	{"names that begin alike are others",
	 {{"h/d"}, {"x/da", "f/d.d", "x/d.d/a"}},
	 "/d.d/a=1 /da=1"},
	{"a file in an archive is seen with it",
	 {{"x/a.jar", "m/a.jar!/n.so"}, {"x/b.jar", "m/b.jar!/n.so"}},
	 "/a.jar=0 /a.jar!/n.so=0 /b.jar=1 /b.jar!/n.so=1"},
	{"and hidden with it",
	 {{"h/a.jar", "f/b.jar"},
	  {"x/a.jar", "m/a.jar!/n.so", "m/b.jar!/c.jar!/n.so"}},
	 ""},
	{"another archive in its place has its own",
	 {{"x/a.jar", "m/a.jar!/new.so"}, {"x/a.jar", "m/a.jar!/old.so"}},
	 "/a.jar=0 /a.jar!/new.so=0"},
	{"no layer has anything", {{NULL}}, ""},
};

static enum file_kind kind_of(char letter)
{
	switch (letter) {
	case 'f':
		return KIND_FOLDER;
	case 'o':
		return KIND_OPAQUE;
	case 'h':
		return KIND_HIDING;
	case 'm':
		return KIND_MEMBER;
	default:
		return KIND_ELF;
	}
}

static void build(const char *const *names, uint8_t digest, uint64_t size,
		  struct buffer *bytes)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();

	for (size_t i = 0; i < NAMES && names[i]; i++) {
		const struct entry entry = {
			.path = names[i] + 1,
			.path_len = strlen(names[i] + 1),
			.interpreter = "",
			.kind = kind_of(names[i][0]),
			.digest = {digest},
			.identity = {.ino = 1, .size = size},
		};

		if (!builder || manifest_builder_add(builder, &entry, NULL) < 0)
			abort();
	}
	if (manifest_builder_write(builder, bytes, NULL) < 0)
		abort();
}

static void describe(const struct buffer *bytes, struct buffer *text)
{
	OWNED(manifest_owned) struct manifest *m = NULL;

	if (manifest_parse(bytes->data, bytes->len, &m, NULL) < 0)
		abort();
	for (size_t i = 0; i < manifest_count(m); i++) {
		struct entry entry;

		manifest_entry(m, i, &entry);
		buffer_printf(text, "%s%s=%d", i ? " " : "", entry.path,
			      entry.digest[0]);
	}
}

static void check(const struct row *row)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(buffer_clear) struct buffer merged = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer text = BUFFER_INIT;
	struct buffer bytes[LAYERS] = {0};
	struct manifest *layers[LAYERS] = {0};
	const struct manifest *borrowed[LAYERS];

	for (size_t i = 0; i < LAYERS; i++) {
		build(row->layers[i], (uint8_t)i, 1, &bytes[i]);
		if (manifest_parse_layer(bytes[i].data, bytes[i].len,
					 &layers[i], NULL) < 0)
			abort();
		borrowed[i] = layers[i];
	}
	CHECK(row->name, manifest_merge(borrowed, LAYERS, builder, NULL) == 0);
	CHECK(row->name, manifest_builder_write(builder, &merged, NULL) == 0);
	describe(&merged, &text);
	CHECK(row->name, strcmp(text.data ? text.data : "", row->seen) == 0);
	for (size_t i = 0; i < LAYERS; i++) {
		manifest_free(layers[i]);
		buffer_clear(&bytes[i]);
	}
}

static const struct {
	const char *name;
	const char *names[NAMES];
	uint64_t size;
	bool bare;
} bare_rows[] = {
	{"docker's own",
	 {"x/.dockerenv", "f/etc", "x/etc/hosts", "h/etc/mtab"},
	 0,
	 true},
	{"names without a program", {"f/d", "h/d/a", "o/e"}, 0, true},
	{"hosts with something in it", {"x/etc/hosts"}, 1, false},
	{"an empty file that nothing is mounted on",
	 {"x/app/__init__.py"},
	 0,
	 false},
	{"a program", {"x/bin/a"}, 1, false},
	{"a file in an archive", {"m/a.jar!/n.so"}, 0, false},
};

static void check_bare(void)
{
	for (size_t i = 0; i < ARRAY_LEN(bare_rows); i++) {
		OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
		OWNED(manifest_owned) struct manifest *layer = NULL;

		build(bare_rows[i].names, 1, bare_rows[i].size, &bytes);
		if (manifest_parse_layer(bytes.data, bytes.len, &layer, NULL) <
		    0)
			abort();
		CHECK(bare_rows[i].name,
		      manifest_is_bare(layer) == bare_rows[i].bare);
	}
}

/* A file that a layer hides is no part of an image. */
static void check_kinds(void)
{
	static const char *const names[NAMES] = {"h/a", "x/a", "f/d", "o/e"};
	static const char *const turned[NAMES] = {"o/e", "f/d", "x/a", "h/a"};
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer other = BUFFER_INIT;
	OWNED(manifest_owned) struct manifest *image = NULL;
	OWNED(manifest_owned) struct manifest *layer = NULL;
	struct err e;

	build(names, 1, 1, &bytes);
	build(turned, 1, 1, &other);
	CHECK("the bytes of a manifest don't tell of the order that it was "
	      "collected in",
	      bytes.len == other.len &&
		      memcmp(bytes.data, other.data, bytes.len) == 0);
	CHECK("the manifest of a layer is none of an image",
	      manifest_parse(bytes.data, bytes.len, &image, &e) < 0);
	CHECK("it is one of a layer",
	      manifest_parse_layer(bytes.data, bytes.len, &layer, &e) == 0);
	CHECK("what hides the same as a file isn't listed beside it",
	      layer && manifest_count(layer) == 3);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
	check_bare();
	check_kinds();
	TEST_END();
}
