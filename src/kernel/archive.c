#include "archive.h"

#include "sha256.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <zip.h>

enum { CHUNK = 64 * 1024 };

bool archive_is_one(const char *name, size_t len)
{
	static const char *const endings[] = {".jar", ".war", ".zip", ".whl"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (len > 4 && strcasecmp(name + len - 4, endings[i]) == 0)
			return true;
	return false;
}

static void zip_owned(zip_t **zip)
{
	if (*zip)
		zip_discard(*zip);
	*zip = NULL;
}

static void member_owned(zip_file_t **member)
{
	if (*member)
		(void)zip_fclose(*member);
	*member = NULL;
}

/* *ret_elf is false, and the digest isn't set, for anything but ELF. budget:
 * bytes that may still come out of the archive. */
static int hash_member(zip_t *zip, uint64_t index, uint64_t *budget,
		       bool *ret_elf, uint8_t digest[DIGEST_SIZE],
		       uint64_t *ret_size, struct err *e)
{
	OWNED(member_owned) zip_file_t *member = zip_fopen_index(zip, index, 0);
	OWNED(sha256_owned) struct sha256 *sum = sha256_new();
	char chunk[CHUNK];
	zip_int64_t n;

	*ret_elf = false;
	*ret_size = 0;
	if (!sum)
		return err_set(e, ENOMEM, "hash a member");
	/* Encrypted, or of an unknown method: nobody loads it either. */
	if (!member)
		return 0;
	/* Of what isn't ELF no more than its first bytes are unpacked. */
	while ((n = zip_fread(member, chunk, *ret_elf ? CHUNK : SELFMAG)) > 0) {
		if (!*ret_elf &&
		    (n < SELFMAG || memcmp(chunk, ELFMAG, SELFMAG) != 0))
			return 0;
		*ret_elf = true;
		*ret_size += (uint64_t)n;
		if ((uint64_t)n > *budget)
			return err_set(e, E2BIG, "unpack the archive");
		*budget -= (uint64_t)n;
		if (sha256_add(sum, chunk, (size_t)n, e) < 0)
			return -1;
	}
	/* Damaged: it can't be loaded as it was shipped. */
	*ret_elf = *ret_elf && n == 0;
	return *ret_elf ? sha256_end(sum, digest, e) : 0;
}

/* libzip closes its descriptor, and reads the central directory, which is
 * what Java and Python go by. */
static zip_t *open_archive(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	zip_t *zip = copy < 0 ? NULL : zip_fdopen(copy, 0, NULL);

	if (!zip && copy >= 0)
		(void)close(copy);
	return zip;
}

static uint64_t budget_for(uint64_t size)
{
	static const uint64_t mib = UINT64_C(1024) * 1024,
			      least = ARCHIVE_UNBOUNDED_MIB * mib,
			      most = ARCHIVE_UNPACKED_MIB_MAX * mib;

	if (size > most / ARCHIVE_RATIO_MAX)
		return most;
	return size < least / ARCHIVE_RATIO_MAX ? least
						: ARCHIVE_RATIO_MAX * size;
}

int archive_members(int fd, uint64_t size,
		    int (*found)(void *context, const char *member,
				 const uint8_t digest[DIGEST_SIZE],
				 uint64_t member_size, struct err *e),
		    void *context, struct err *e)
{
	OWNED(zip_owned) zip_t *zip = open_archive(fd);
	uint64_t budget = budget_for(size);
	zip_int64_t count;

	if (!zip)
		return err_set(e, EILSEQ, "read the archive");
	count = zip_get_num_entries(zip, 0);
	if (count > ARCHIVE_MEMBERS_MAX)
		return err_set(e, E2BIG, "list the archive");
	for (zip_int64_t i = 0; i < count; i++) {
		const char *name =
			zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
		uint8_t digest[DIGEST_SIZE];
		uint64_t member_size;
		bool elf;

		if (hash_member(zip, (uint64_t)i, &budget, &elf, digest,
				&member_size, e) < 0)
			return -1;
		if (elf && found(context, name ? name : "?", digest,
				 member_size, e) < 0)
			return -1;
	}
	return 0;
}
