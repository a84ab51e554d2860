#include "sha256.h"

#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* FIPS 180-4's own examples and NIST's test vectors. */
static const struct {
	const char *name;
	const char *bytes;
	size_t times;
	const char *hex;
} vectors[] = {
	{"nothing", "", 1,
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"24 bits", "abc", 1,
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"448 bits", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 1, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"896 bits",
	 "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	 1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	{"a million times the letter a, which is more than one read", "a",
	 1000000,
	 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static const struct {
	const char *name;
	const char *text;
} no_digests[] = {
	{"nothing", ""},
	{"a digit too few",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"},
	{"a digit too many",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0"},
	{"a letter that is no digit, first of a pair",
	 "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"a letter that is no digit, second of a pair",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag"},
	{"a space",
	 " a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"a sign",
	 "+a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"a control character that is a digit but for one bit",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"
	 "\x15"},
	{"a byte beyond ASCII",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"
	 "\xe1"},
};

static int file_of(const char *bytes, size_t times)
{
	int fd = memfd_create("sha256", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");

	if (!file)
		abort();
	for (size_t i = 0; i < times; i++)
		(void)fputs(bytes, file);
	if (fclose(file) != 0)
		abort();
	return fd;
}

static void check_vectors(void)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		OWNED(close_owned)
		int fd = file_of(vectors[i].bytes, vectors[i].times);
		uint8_t digest[DIGEST_SIZE] = {0};
		uint8_t again[DIGEST_SIZE];
		char hex[DIGEST_HEX];

		CHECK(vectors[i].name, sha256_file(fd, 0, digest, NULL) == 0);
		sha256_hex(digest, hex);
		CHECK(vectors[i].name, strcmp(hex, vectors[i].hex) == 0);
		CHECK(vectors[i].name,
		      sha256_from_hex(hex, again) &&
			      memcmp(again, digest, DIGEST_SIZE) == 0);
		if (vectors[i].times > 1)
			continue;
		memset(digest, 0, sizeof(digest));
		CHECK(vectors[i].name,
		      sha256_bytes(vectors[i].bytes, strlen(vectors[i].bytes),
				   digest, NULL) == 0);
		CHECK(vectors[i].name, memcmp(again, digest, DIGEST_SIZE) == 0);
	}
}

static void check_hex(void)
{
	uint8_t lower[DIGEST_SIZE];
	uint8_t upper[DIGEST_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(no_digests); i++)
		CHECK(no_digests[i].name,
		      !sha256_from_hex(no_digests[i].text, lower));
	CHECK("upper case is the same",
	      sha256_from_hex("0123456789abcdef0123456789abcdef"
			      "0123456789abcdef0123456789abcdef",
			      lower) &&
		      sha256_from_hex("0123456789ABCDEF0123456789ABCDEF"
				      "0123456789ABCDEF0123456789ABCDEF",
				      upper) &&
		      memcmp(lower, upper, DIGEST_SIZE) == 0 &&
		      lower[0] == 0x01 && lower[7] == 0xef);
}

static void check_limits(void)
{
	OWNED(close_owned) int fd = file_of("abc", 100000);
	uint8_t digest[DIGEST_SIZE];
	struct err e = {0};

	CHECK("a byte more than the limit",
	      sha256_file(fd, 299999, digest, &e) < 0 && e.code == EFBIG);
	CHECK("a limit that the first read is beyond",
	      sha256_file(fd, 1, digest, NULL) < 0);
	CHECK("no more than the limit",
	      sha256_file(fd, 300000, digest, NULL) == 0);
	CHECK("a descriptor that isn't one",
	      sha256_file(-1, 0, digest, &e) < 0 && e.code == EBADF);
}

static void check_offset(void)
{
	OWNED(close_owned) int fd = file_of("abc", 1);
	uint8_t whole[DIGEST_SIZE];
	uint8_t digest[DIGEST_SIZE];

	if (sha256_bytes("abc", 3, whole, NULL) < 0 || lseek(fd, 2, 0) != 2)
		abort();
	CHECK("the file from its start, wherever its offset is",
	      sha256_file(fd, 0, digest, NULL) == 0 &&
		      memcmp(digest, whole, DIGEST_SIZE) == 0);
	CHECK("the offset stays", lseek(fd, 0, SEEK_CUR) == 2);
}

int main(void)
{
	check_limits();
	check_hex();
	check_vectors();
	check_offset();
	TEST_END();
}
