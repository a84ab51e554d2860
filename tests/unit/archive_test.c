#include "archive.h"

#include "test.h"

#include "sha256.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { BOMB = 200 * 1024 * 1024 };

static const struct {
	const char *name;
	bool is;
} names[] = {
	{"a.jar", true},   {"A.WAR", true},	{"x.zip", true},
	{"a-1.whl", true}, {"a.jar.gz", false}, {".jar", false},
	{"ajar", false},   {"", false},
};

static char path[] = "/tmp/runmoor-archive-test.XXXXXX";
static const char elf[] = ELFMAG "a library", text[] = "a text";

struct found {
	int members;
	char last[64];
	uint8_t digest[DIGEST_SIZE];
	uint64_t size;
};

static int on_member(void *context, const char *member,
		     const uint8_t digest[DIGEST_SIZE], uint64_t size,
		     struct err *e)
{
	struct found *found = context;

	(void)e;
	found->members++;
	(void)snprintf(found->last, sizeof(found->last), "%s", member);
	memcpy(found->digest, digest, DIGEST_SIZE);
	found->size = size;
	return 0;
}

static zip_t *new_archive(void)
{
	zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);

	if (!zip)
		exit(EXIT_FAILURE);
	return zip;
}

static zip_uint64_t add(zip_t *zip, const char *name, const void *bytes,
			size_t size, int method)
{
	zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);
	zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);

	if (index < 0 ||
	    zip_set_file_compression(zip, (zip_uint64_t)index, method, 1) < 0)
		exit(EXIT_FAILURE);
	return (zip_uint64_t)index;
}

/* What archive_members returns, 0 or the error's code. */
static int look(struct found *found)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct err e = {0};

	*found = (struct found){0};
	if (fd < 0 || fstat(fd, &st) < 0)
		exit(EXIT_FAILURE);
	int rc =
		archive_members(fd, (uint64_t)st.st_size, on_member, found, &e);
	CHECK("the descriptor stays open", fcntl(fd, F_GETFD) >= 0);
	(void)close(fd);
	return rc < 0 ? e.code : 0;
}

static void finds_elf(int method)
{
	zip_t *zip = new_archive();
	struct found found;
	uint8_t digest[DIGEST_SIZE];
	struct err e;

	add(zip, "a/text", text, sizeof(text), method);
	add(zip, "a/short", elf, SELFMAG - 1, method);
	add(zip, "a/empty", "", 0, method);
	add(zip, "a/native.so", elf, sizeof(elf), method);
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("it is read", look(&found) == 0);
	CHECK("of its members the ELF file counts", found.members == 1);
	CHECK("by its name", strcmp(found.last, "a/native.so") == 0);
	CHECK("and size", found.size == sizeof(elf));

	struct sha256 *sum = sha256_new();

	CHECK("its own digest",
	      sum && sha256_add(sum, elf, sizeof(elf), &e) == 0 &&
		      sha256_end(sum, digest, &e) == 0);
	sha256_owned(&sum);
	CHECK("its content's digest",
	      memcmp(found.digest, digest, DIGEST_SIZE) == 0);
}

static void not_in_archives_within(void)
{
	zip_t *zip = new_archive();
	struct found found;
	static char inner[4096];
	ssize_t n;

	add(zip, "native.so", elf, sizeof(elf), ZIP_CM_STORE);
	CHECK("the inner is written", zip_close(zip) == 0);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	n = read(fd, inner, sizeof(inner));
	(void)close(fd);
	zip = new_archive();
	add(zip, "inner.jar", inner, n > 0 ? (size_t)n : 0, ZIP_CM_STORE);
	CHECK("the outer is written", zip_close(zip) == 0);
	CHECK("an archive within one is a member as any other",
	      look(&found) == 0 && found.members == 0);
}

static void not_what_cannot_be_unpacked(void)
{
	zip_t *zip = new_archive();
	struct found found;
	zip_uint64_t index =
		add(zip, "secret.so", elf, sizeof(elf), ZIP_CM_STORE);
	int fd;

	if (zip_file_set_encryption(zip, index, ZIP_EM_AES_256, "p") == 0) {
		CHECK("an encrypted one is written", zip_close(zip) == 0);
		CHECK("an encrypted member isn't found",
		      look(&found) == 0 && found.members == 0);
	} else {
		zip_discard(zip);
	}

	zip = new_archive();
	add(zip, "native.so", elf, sizeof(elf), ZIP_CM_STORE);
	CHECK("it is written", zip_close(zip) == 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* Behind its header, 30 bytes and the name, the content lies bare. */
	CHECK("it is damaged",
	      pwrite(fd, "!", 1, 30 + sizeof("native.so") - 1 + SELFMAG) == 1);
	(void)close(fd);
	CHECK("a damaged member isn't found",
	      look(&found) == 0 && found.members == 0);

	fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC);
	CHECK("it is overwritten",
	      write(fd, elf, sizeof(elf)) == (ssize_t)sizeof(elf));
	(void)close(fd);
	CHECK("what isn't an archive says so", look(&found) == EILSEQ);
}

static void ends_at_its_bounds(void)
{
	char *bytes = calloc(1, BOMB);
	zip_t *zip = new_archive();
	struct found found;

	if (!bytes)
		exit(EXIT_FAILURE);
	add(zip, "text", bytes, BOMB, ZIP_CM_DEFLATE);
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("what isn't ELF may unpack to anything: it isn't unpacked",
	      look(&found) == 0 && found.members == 0);

	memcpy(bytes, elf, sizeof(elf));
	zip = new_archive();
	add(zip, "bomb.so", bytes, BOMB, ZIP_CM_DEFLATE);
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("a thousandfold member isn't unpacked",
	      look(&found) == E2BIG && found.members == 0);

	zip = new_archive();
	for (int i = 0; i < 5; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d.so", i);
		add(zip, name, bytes, BOMB / 5, ZIP_CM_DEFLATE);
	}
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("the bound is of all members together",
	      look(&found) == E2BIG && found.members > 0 && found.members < 5);
	free(bytes);

	zip = new_archive();
	for (int i = 0; i < ARCHIVE_MEMBERS_MAX + 1; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", i);
		add(zip, name, "", 0, ZIP_CM_STORE);
	}
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("nor are too many members looked at",
	      look(&found) == E2BIG && found.members == 0);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return EXIT_FAILURE;
	(void)close(fd);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(names[i].name,
		      archive_is_one(names[i].name, strlen(names[i].name)) ==
			      names[i].is);
	finds_elf(ZIP_CM_STORE);
	finds_elf(ZIP_CM_DEFLATE);
	not_in_archives_within();
	not_what_cannot_be_unpacked();
	ends_at_its_bounds();
	(void)unlink(path);
	TEST_END();
}
