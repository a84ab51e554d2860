/*
 * sha256 - digests (FIPS 180-4) of bytes and of open files. The only module
 * that knows OpenSSL.
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <stddef.h>
#include <stdint.h>

MUST_CHECK int sha256_bytes(const void *bytes, size_t len,
			    uint8_t digest[DIGEST_SIZE], struct err *e);

/* The digest of a whole open regular file, by pread from 0; its offset stays. A
 * file that is larger than limit bytes fails with EFBIG (0: no limit). */
MUST_CHECK int sha256_file(int fd, uint64_t limit, uint8_t digest[DIGEST_SIZE],
			   struct err *e);

/* A digest in pieces; sha256_new gives NULL when out of memory. */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_owned(struct sha256 **sum);
MUST_CHECK int sha256_add(struct sha256 *sum, const void *bytes, size_t len,
			  struct err *e);
/* Add the bytes of an open regular file from *offset, which is moved on, up to
 * end. 1: more may follow; 0: that was the file's end. */
MUST_CHECK int sha256_add_file(struct sha256 *sum, int fd, uint64_t *offset,
			       uint64_t end, struct err *e);
MUST_CHECK int sha256_end(struct sha256 *sum, uint8_t digest[DIGEST_SIZE],
			  struct err *e);

void sha256_hex(const uint8_t digest[DIGEST_SIZE], char hex[DIGEST_HEX]);

/* False unless text is exactly 64 hexadecimal digits. */
bool sha256_from_hex(const char *text, uint8_t digest[DIGEST_SIZE]);
