#include "archive.h"

#include "sha256.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { CHUNK = 64 * 1024, SMALLEST_BOUND = 64 * 1024 * 1024 };

/* What is left of the bounds of one archive. */
struct budget {
	uint64_t bytes;
	unsigned members;
};

bool archive_is_one(const char *name, size_t len)
{
	static const char *const endings[] = {".jar", ".war", ".zip", ".whl"};

	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (len > 4 && strcasecmp(name + len - 4, endings[i]) == 0)
			return true;
	return false;
}

static void archive_owned(struct archive **archive)
{
	(void)archive_read_free(*archive);
}

static int spend(struct budget *budget, uint64_t bytes, struct err *e)
{
	if (bytes > budget->bytes)
		return err_set(e, E2BIG, "unpack the archive");
	budget->bytes -= bytes;
	return 0;
}

/* *ret_elf is false, and the digest isn't set, for anything but ELF. */
static int hash_member(struct archive *archive, struct budget *budget,
		       bool *ret_elf, uint8_t digest[DIGEST_SIZE],
		       uint64_t *ret_size, struct err *e)
{
	OWNED(sha256_owned) struct sha256 *sum = sha256_new();
	char chunk[CHUNK];
	la_ssize_t n;

	*ret_elf = false;
	*ret_size = 0;
	if (!sum)
		return err_set(e, ENOMEM, "hash a member");
	while ((n = archive_read_data(archive, chunk, sizeof(chunk))) > 0) {
		if (*ret_size == 0 &&
		    (n < SELFMAG || memcmp(chunk, ELFMAG, SELFMAG) != 0))
			return 0;
		*ret_elf = true;
		*ret_size += (uint64_t)n;
		if (spend(budget, (uint64_t)n, e) < 0 ||
		    sha256_add(sum, chunk, (size_t)n, e) < 0)
			return -1;
	}
	if (n < 0)
		return err_set(e, EILSEQ, "read a member");
	return *ret_elf ? sha256_end(sum, digest, e) : 0;
}

static int open_archive(struct archive *archive, int fd, struct err *e)
{
	if (archive_read_support_format_zip(archive) != ARCHIVE_OK ||
	    archive_read_open_fd(archive, fd, CHUNK) != ARCHIVE_OK)
		return err_set(e, EILSEQ, "read the archive");
	return 0;
}

int archive_members(int fd, uint64_t size,
		    int (*found)(void *context, const char *member,
				 const uint8_t digest[DIGEST_SIZE],
				 uint64_t member_size, struct err *e),
		    void *context, struct err *e)
{
	OWNED(archive_owned) struct archive *archive = archive_read_new();
	struct budget budget = {SMALLEST_BOUND + ARCHIVE_RATIO_MAX * size,
				ARCHIVE_MEMBERS_MAX};
	struct archive_entry *entry;
	int rc;

	if (!archive)
		return err_set(e, ENOMEM, "read the archive");
	if (open_archive(archive, fd, e) < 0)
		return -1;
	while ((rc = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		uint8_t digest[DIGEST_SIZE];
		uint64_t member_size;
		bool elf;

		if (budget.members-- == 0)
			return err_set(e, E2BIG, "list the archive");
		if (archive_entry_filetype(entry) != AE_IFREG)
			continue;
		if (hash_member(archive, &budget, &elf, digest, &member_size,
				e) < 0)
			return -1;
		if (elf && found(context, name ? name : "?", digest,
				 member_size, e) < 0)
			return -1;
	}
	if (rc != ARCHIVE_EOF)
		return err_set(e, EILSEQ, "read the archive");
	return 0;
}
