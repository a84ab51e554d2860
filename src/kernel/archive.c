#include "archive.h"

#include "archive_internal.h"
#include "file.h"
#include "sha256.h"
#include "text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <zip.h>

enum {
	CHUNK = 64 * 1024,
	/* libzip may search this many bytes for an archive's end. */
	END_MAX = 64 * 1024 + 22,
};

#define MIB (UINT64_C(1024) * 1024)

/* A member that is an archive itself begins with that of its first member. */
static const char local_header[] = {'P', 'K', 3, 4};

/* The bounds of one archive and those within it, together. */
struct walk {
	uint64_t budget;  /* bytes that may still be unpacked */
	uint64_t members; /* members that may still be read */
	unsigned depth;	  /* of the archive that is being read */
	unsigned copied;  /* archives within that lie in memory */
	const struct archive_visitor *visitor;
};

/* A member of an archive, and its first bytes. */
struct member {
	zip_t *zip;
	uint64_t index;
	const char *name; /* with the names of the archives that it is in */
	char head[SELFMAG];
};

static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;

static int walk_archive(zip_t *zip, const char *within, struct walk *walk,
			struct err *e);

static void zip_owned(zip_t **zip)
{
	if (*zip)
		zip_discard(*zip);
	*zip = NULL;
}

static void stream_owned(zip_file_t **stream)
{
	if (*stream)
		(void)zip_fclose(*stream);
	*stream = NULL;
}

static int ask_over(const struct walk *walk, struct err *e)
{
	const struct archive_visitor *visitor = walk->visitor;

	return visitor->over && visitor->over(visitor->context)
		       ? err_set(e, ETIMEDOUT, "unpack the archive")
		       : 0;
}

static int spend(struct walk *walk, uint64_t bytes, struct err *e)
{
	if (ask_over(walk, e) < 0)
		return -1;
	if (bytes > walk->budget)
		return err_set(e, E2BIG, "unpack the archive");
	walk->budget -= bytes;
	return 0;
}

/* A damaged member can't be loaded as it was shipped, and isn't reported. */
static int hash_member(const struct member *member, struct walk *walk,
		       struct err *e)
{
	OWNED(stream_owned)
	zip_file_t *stream = zip_fopen_index(member->zip, member->index, 0);
	OWNED(sha256_owned) struct sha256 *sum = sha256_new();
	uint8_t digest[DIGEST_SIZE];
	char chunk[CHUNK];
	uint64_t size = 0;
	zip_int64_t n;

	if (!stream || !sum)
		return err_set(e, ENOMEM, "hash a member");
	while ((n = zip_fread(stream, chunk, CHUNK)) > 0) {
		size += (uint64_t)n;
		if (spend(walk, (uint64_t)n, e) < 0 ||
		    sha256_add(sum, chunk, (size_t)n, e) < 0)
			return -1;
	}
	if (n < 0)
		return 0;
	if (sha256_end(sum, digest, e) < 0)
		return -1;
	return walk->visitor->found(walk->visitor->context, member->name,
				    digest, size, e);
}

/* An archive that is a part of a file, from start to its end. libzip closes
 * its descriptor, and reads the central directory, which is what Java and
 * Python go by. */
static zip_t *open_part(int fd, uint64_t start)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "rb");
	zip_source_t *source =
		file ? zip_source_filep_create(file, start, -1, NULL) : NULL;
	zip_t *zip =
		source ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;

	if (source && !zip)
		zip_source_free(source);
	else if (!source && file)
		(void)fclose(file);
	else if (!file && copy >= 0)
		(void)close(copy);
	return zip;
}

/* A member that was stored uncompressed can be read in place. */
static zip_t *open_stored(const struct member *member)
{
	zip_source_t *source = zip_source_zip(member->zip, member->zip,
					      member->index, 0, 0, -1);
	zip_t *zip =
		source ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;

	if (source && !zip)
		zip_source_free(source);
	return zip;
}

/* Unpack a member to fd. *ret_whole is false if it is damaged. */
static int copy_member(const struct member *member, int fd, struct walk *walk,
		       bool *ret_whole, struct err *e)
{
	OWNED(stream_owned)
	zip_file_t *stream = zip_fopen_index(member->zip, member->index, 0);
	uint64_t room = ARCHIVE_COPY_MIB_MAX / ARCHIVE_DEPTH_MAX * MIB;
	char chunk[CHUNK];
	zip_int64_t n;

	*ret_whole = false;
	if (!stream)
		return err_set(e, ENOMEM, "unpack a member");
	while ((n = zip_fread(stream, chunk, CHUNK)) > 0) {
		if ((uint64_t)n > room)
			return err_set(e, E2BIG, "unpack an archive within");
		room -= (uint64_t)n;
		if (spend(walk, (uint64_t)n, e) < 0)
			return -1;
		if (file_write_all(fd, chunk, (size_t)n) < 0)
			return err_set(e, errno, "unpack a member");
	}
	*ret_whole = n == 0;
	return 0;
}

static int walk_copy(const struct member *member, struct walk *walk,
		     struct err *e)
{
	OWNED(close_owned) int fd = memfd_create("archive", MFD_CLOEXEC);
	OWNED(zip_owned) zip_t *zip = NULL;
	bool whole;

	if (fd < 0)
		return err_set(e, errno, "unpack a member");
	if (copy_member(member, fd, walk, &whole, e) < 0)
		return -1;
	zip = whole ? open_part(fd, 0) : NULL;
	return zip ? walk_archive(zip, member->name, walk, e) : 0;
}

static int walk_within(const struct member *member, struct walk *walk,
		       struct err *e)
{
	OWNED(zip_owned) zip_t *zip = NULL;
	zip_stat_t st;
	bool stored;
	int rc = 0;

	if (zip_stat_index(member->zip, member->index, 0, &st) < 0 ||
	    (st.valid & (ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD)) !=
		    (ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD))
		return 0;
	/* Many members may be the same bytes. */
	if (spend(walk, st.size < END_MAX ? st.size : END_MAX, e) < 0)
		return -1;
	stored = st.comp_method == ZIP_CM_STORE;
	if (!stored && walk->copied++ == 0)
		(void)pthread_mutex_lock(&copying);
	walk->depth++;
	zip = stored ? open_stored(member) : NULL;
	if (zip)
		rc = walk_archive(zip, member->name, walk, e);
	else if (!stored)
		rc = walk_copy(member, walk, e);
	walk->depth--;
	if (!stored && --walk->copied == 0)
		(void)pthread_mutex_unlock(&copying);
	return rc;
}

static int walk_member(struct member *member, struct walk *walk, struct err *e)
{
	OWNED(stream_owned)
	zip_file_t *stream = zip_fopen_index(member->zip, member->index, 0);

	/* Encrypted, or an unknown method: no program loads it either. Only the
	 * first bytes of other members are unpacked. */
	if (!stream ||
	    zip_fread(stream, member->head, SELFMAG) != (zip_int64_t)SELFMAG)
		return 0;
	stream_owned(&stream);
	if (memcmp(member->head, ELFMAG, SELFMAG) == 0)
		return hash_member(member, walk, e);
	if (memcmp(member->head, local_header, SELFMAG) == 0 &&
	    walk->depth < ARCHIVE_DEPTH_MAX)
		return walk_within(member, walk, e);
	return 0;
}

/* within: the name of this archive in others; NULL: it isn't in one. */
static int walk_archive(zip_t *zip, const char *within, struct walk *walk,
			struct err *e)
{
	zip_int64_t count = zip_get_num_entries(zip, 0);

	if (count < 0 || (uint64_t)count > walk->members)
		return err_set(e, E2BIG, "list the archive");
	walk->members -= (uint64_t)count;
	for (zip_int64_t i = 0; i < count; i++) {
		const char *name =
			zip_get_name(zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
		struct member member = {.zip = zip, .index = (uint64_t)i};
		OWNED(free_owned)
		char *path = text_format("%s%s%s", within ? within : "",
					 within ? "!/" : "", name ? name : "?");

		if (!path)
			return err_set(e, ENOMEM, "list the archive");
		member.name = path;
		if (ask_over(walk, e) < 0 || walk_member(&member, walk, e) < 0)
			return -1;
	}
	return 0;
}

static uint64_t budget_for(uint64_t size)
{
	static const uint64_t least = ARCHIVE_UNBOUNDED_MIB * MIB,
			      most = ARCHIVE_UNPACKED_MIB_MAX * MIB;

	if (size > most / ARCHIVE_RATIO_MAX)
		return most;
	return size < least / ARCHIVE_RATIO_MAX ? least
						: ARCHIVE_RATIO_MAX * size;
}

int archive_members(int fd, uint64_t size,
		    const struct archive_visitor *visitor, struct err *e)
{
	struct walk walk = {
		.budget = budget_for(size),
		.members = ARCHIVE_MEMBERS_MAX,
		.visitor = visitor,
	};
	uint64_t start = archive_start(fd, size);
	OWNED(zip_owned) zip_t *zip = open_part(fd, start);

	/* More records lie behind the directory of a large archive. */
	if (!zip && start)
		zip = open_part(fd, 0);
	return zip ? walk_archive(zip, NULL, &walk, e)
		   : err_set(e, EILSEQ, "read the archive");
}
