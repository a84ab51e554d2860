#include "archive.h"

#include "test.h"

#include "buffer.h"
#include "sha256.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { BOMB = 200 * 1024 * 1024 };

static const struct {
	const char *name;
	bool is;
} names[] = {
	{"/a.jar", true},   {"/A.WAR", true},	  {"/x.zip", true},
	{"/a-1.whl", true}, {"/a.jar.gz", false}, {".jar", false},
	{"/ajar", false},   {"", false},
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

/* The call of over that answers true; the number of calls. */
static int over_at = INT_MAX, asked;

static bool is_over(void *context)
{
	(void)context;
	return ++asked >= over_at;
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

/* The result of archive_members, 0 or the error's code. */
static int look(struct found *found)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	struct err e = {0};

	const struct archive_visitor visitor = {on_member, is_over, found};

	asked = 0;
	*found = (struct found){0};
	if (fd < 0 || fstat(fd, &st) < 0)
		exit(EXIT_FAILURE);
	int rc = archive_members(fd, (uint64_t)st.st_size, &visitor, &e);
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

/* The file's bytes, to be put into another archive; the last call's. */
static const char *bytes_of(size_t *ret_len)
{
	static char bytes[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)close(fd);
	if (n < 0 || (size_t)n == sizeof(bytes))
		exit(EXIT_FAILURE);
	*ret_len = (size_t)n;
	return bytes;
}

static void wrap(const char *name, int method)
{
	size_t len;
	const char *inner = bytes_of(&len);
	zip_t *zip = new_archive();

	add(zip, "first", text, sizeof(text), method);
	add(zip, name, inner, len, method);
	CHECK("the outer is written", zip_close(zip) == 0);
}

static void write_native(int method)
{
	zip_t *zip = new_archive();

	add(zip, "native.so", elf, sizeof(elf), method);
	CHECK("an archive is written", zip_close(zip) == 0);
}

static void in_archives_within(int outer, int inner)
{
	struct found found;

	write_native(inner);
	wrap("lib/inner.jar", outer);
	CHECK("a library of an archive in an archive is found",
	      look(&found) == 0 && found.members == 1);
	CHECK("by the names of both",
	      strcmp(found.last, "lib/inner.jar!/native.so") == 0);
	wrap("x.war", outer);
	CHECK("and in a third, which application servers have",
	      look(&found) == 0 && found.members == 1);
	wrap("x.ear", outer);
	CHECK("no deeper", look(&found) == 0 && found.members == 0);

	size_t len;
	const char *whole = bytes_of(&len);
	zip_t *zip = new_archive();

	add(zip, "damaged.jar", whole, len / 2, outer);
	add(zip, "native.so", elf, sizeof(elf), inner);
	CHECK("it is written", zip_close(zip) == 0);
	CHECK("half an archive within keeps nothing else from being found",
	      look(&found) == 0 && found.members == 1);
}

static void write_file(const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK("it is written", write(fd, bytes, len) == (ssize_t)len);
	(void)close(fd);
}

/* Put bytes before and behind the archive that is there. */
static void surround(const char *before, const char *behind)
{
	struct buffer whole = BUFFER_INIT;
	size_t len;
	const char *bytes = bytes_of(&len);

	buffer_append(&whole, before, strlen(before));
	buffer_append(&whole, bytes, len);
	buffer_append(&whole, behind, strlen(behind));
	write_file(whole.data, whole.len);
	buffer_clear(&whole);
}

static bool is_one(const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool is = fstat(fd, &st) == 0 &&
		  archive_is_one(fd, (uint64_t)st.st_size, name);

	(void)close(fd);
	return is;
}

static void known_by_its_end(void)
{
	static const char program[] = "#!/usr/bin/env python3\n";
	struct found found;
	zip_t *zip;

	write_native(ZIP_CM_DEFLATE);
	CHECK("it is one whatever it is called", is_one("/opt/a.pex"));
	surround(program, "");
	CHECK("behind a program", is_one("/opt/app"));
	CHECK("its members are found, whose places aren't as it says",
	      look(&found) == 0 && found.members == 1);
	surround("", "PK\5\6: a line");
	CHECK("with something behind it",
	      is_one("/opt/app") && look(&found) == 0 && found.members == 1);

	zip = new_archive();
	add(zip, "native.so", elf, sizeof(elf), ZIP_CM_STORE);
	CHECK("it has a comment",
	      zip_set_archive_comment(zip, "what it is for", 14) == 0 &&
		      zip_close(zip) == 0);
	CHECK("with a comment",
	      is_one("/opt/a.egg") && look(&found) == 0 && found.members == 1);
	write_file("PK\5\6 is no record", 18);
	CHECK("a text with the mark of a record is none", !is_one("/opt/text"));
}

/* Two archives of holes that say they are libraries, in one. */
static void bombs_within(int method)
{
	enum { EACH = 40 * 1024 * 1024 };
	static const char header[] = {'P', 'K', 3, 4};
	char *bytes = calloc(1, EACH);
	zip_t *zip = new_archive();
	struct found found;
	char *inner = malloc(EACH);
	ssize_t n;
	int fd;

	if (!bytes || !inner)
		exit(EXIT_FAILURE);
	memcpy(bytes, elf, sizeof(elf));
	add(zip, "bomb.so", bytes, EACH, ZIP_CM_DEFLATE);
	CHECK("a bomb is written", zip_close(zip) == 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, inner, EACH);
	(void)close(fd);
	CHECK("one alone is within the bound",
	      look(&found) == 0 && found.members == 1);
	over_at = 10;
	CHECK("none is unpacked further once it is over",
	      look(&found) == ETIMEDOUT && found.members == 0 &&
		      asked == over_at);
	over_at = INT_MAX;
	zip = new_archive();
	add(zip, "1.jar", inner, n > 0 ? (size_t)n : 0, method);
	add(zip, "2.jar", inner, n > 0 ? (size_t)n : 0, method);
	CHECK("two are written", zip_close(zip) == 0);
	CHECK("the bound is of all archives within together",
	      look(&found) == E2BIG && found.members == 1);
	free(inner);

	zip = new_archive();
	memset(bytes, 0, EACH);
	memcpy(bytes, header, sizeof(header));
	for (int i = 0; i < 2; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d.zip", i);
		add(zip, name, bytes, EACH, ZIP_CM_DEFLATE);
	}
	CHECK("what only begins as archives is written", zip_close(zip) == 0);
	CHECK("nor is more than that unpacked to look into",
	      look(&found) == E2BIG && found.members == 0);
	free(bytes);
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
	/* The content lies uncompressed behind its header, 30 bytes and the
	 * name. */
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
		CHECK(names[i].name, is_one(names[i].name) == names[i].is);
	finds_elf(ZIP_CM_STORE);
	finds_elf(ZIP_CM_DEFLATE);
	in_archives_within(ZIP_CM_STORE, ZIP_CM_STORE);
	in_archives_within(ZIP_CM_STORE, ZIP_CM_DEFLATE);
	in_archives_within(ZIP_CM_DEFLATE, ZIP_CM_STORE);
	known_by_its_end();
	bombs_within(ZIP_CM_STORE);
	bombs_within(ZIP_CM_DEFLATE);
	not_what_cannot_be_unpacked();
	ends_at_its_bounds();
	(void)unlink(path);
	TEST_END();
}
