#include "sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 128 * 1024 };

struct sha256 {
	EVP_MD_CTX *context;
};

struct sha256 *sha256_new(void)
{
	struct sha256 *sum = calloc(1, sizeof(*sum));

	if (!sum)
		return NULL;
	sum->context = EVP_MD_CTX_new();
	if (!sum->context ||
	    !EVP_DigestInit_ex(sum->context, EVP_sha256(), NULL))
		sha256_owned(&sum);
	return sum;
}

void sha256_owned(struct sha256 **sum)
{
	if (*sum)
		EVP_MD_CTX_free((*sum)->context);
	free(*sum);
	*sum = NULL;
}

int sha256_add(struct sha256 *sum, const void *bytes, size_t len, struct err *e)
{
	if (!EVP_DigestUpdate(sum->context, bytes, len))
		return err_set(e, EIO, "compute SHA-256");
	return 0;
}

int sha256_end(struct sha256 *sum, uint8_t digest[DIGEST_SIZE], struct err *e)
{
	if (!EVP_DigestFinal_ex(sum->context, digest, NULL))
		return err_set(e, EIO, "compute SHA-256");
	return 0;
}

int sha256_bytes(const void *bytes, size_t len, uint8_t digest[DIGEST_SIZE],
		 struct err *e)
{
	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		return err_set(e, EIO, "compute SHA-256");
	return 0;
}

int sha256_add_file(struct sha256 *sum, int fd, uint64_t *offset, uint64_t end,
		    struct err *e)
{
	OWNED(free_owned) uint8_t *chunk = malloc(CHUNK);

	if (!chunk)
		return err_set(e, ENOMEM, "compute SHA-256");
	while (*offset < end) {
		uint64_t left = end - *offset;
		ssize_t n = pread(fd, chunk, left < CHUNK ? left : CHUNK,
				  (off_t)*offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read");
		if (n == 0)
			return 0;
		*offset += (uint64_t)n;
		if (sha256_add(sum, chunk, (size_t)n, e) < 0)
			return -1;
	}
	return 1;
}

int sha256_file(int fd, uint64_t limit, uint8_t digest[DIGEST_SIZE],
		struct err *e)
{
	OWNED(sha256_owned) struct sha256 *sum = sha256_new();
	uint64_t offset = 0;

	if (!sum)
		return err_set(e, ENOMEM, "start SHA-256");
	/* One byte beyond the limit shows that the file is too large. */
	if (sha256_add_file(sum, fd, &offset, limit ? limit + 1 : UINT64_MAX,
			    e) < 0)
		return -1;
	if (limit && offset > limit)
		return err_set(e, EFBIG, "hash");
	return sha256_end(sum, digest, e);
}

void sha256_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool sha256_from_hex(const char *text, uint8_t digest[DIGEST_SIZE])
{
	if (strlen(text) != 2 * (size_t)DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
