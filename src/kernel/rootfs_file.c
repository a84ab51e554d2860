#include "rootfs_internal.h"

#include "archive.h"
#include "binary.h"
#include "clock.h"
#include "sha256.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SLICE = 1024 * 1024, /* bytes between checks whether the walk is over */
	/* A file counts as sparse if it is this large, and only a small part of
	 * it has blocks. */
	SPARSE_BYTES = 1024 * 1024 * 1024,
	SPARSE_PART = 16,
	BLOCK = 512, /* unit of st_blocks, whatever the file system's is */
};

/* A member is reported under "archive!/member", as jar URLs name them, with the
 * archive's own identity without its inode: a stat never finds it. */
struct member {
	struct crew *crew;
	const struct rootfs_file *archive;
};

static int on_member(void *context, const char *name,
		     const uint8_t digest[DIGEST_SIZE], uint64_t size,
		     struct err *e)
{
	const struct member *member = context;
	struct rootfs_file file = *member->archive;
	OWNED(free_owned) char *path = text_format("%s!/%s", file.path, name);

	if (!path)
		return err_set(e, ENOMEM, "list the archive");
	file.path = path;
	file.path_len = strlen(path);
	file.kind = KIND_MEMBER;
	file.interpreter = "";
	file.identity.ino = 0;
	file.identity.size = size;
	file.hashed = size;
	memcpy(file.digest, digest, DIGEST_SIZE);
	crew_found(member->crew, &file);
	return 0;
}

/* A sparse file of a terabyte would make all creates wait for its hash. */
static bool is_of_holes(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > SPARSE_BYTES &&
	       st.st_blocks < st.st_size / BLOCK / SPARSE_PART;
}

/* True if the file was made since then. A change of an older file's mode gives
 * it a new ctime, so the birth time counts; ctime only if the file system has
 * no birth times. */
static bool is_since(int fd, const struct identity *identity, int64_t since_ns)
{
	struct identity now;
	int64_t birth = 0;

	/* A time later than now is from before the clock was set back. */
	if (identity->ctime_ns > clock_ns(CLOCK_REALTIME))
		return false;
	return identity->ctime_ns > since_ns &&
	       stat_birth(fd, &now, &birth) == 0 &&
	       (birth == 0 || birth > since_ns);
}

/* The digest of the file up to its length when it was opened. A process that
 * extends it meanwhile must not keep us reading: it is being written, and left
 * out. */
static int hash(struct crew *crew, int fd, uint64_t size,
		uint8_t digest[DIGEST_SIZE], struct err *e)
{
	OWNED(sha256_owned) struct sha256 *sum = sha256_new();
	uint64_t offset = 0;
	int rc = 1;

	if (!sum)
		return err_set(e, ENOMEM, "hash");
	while (rc > 0 && offset <= size) {
		uint64_t end = offset + SLICE;

		if (crew->over)
			return err_set(e, ETIMEDOUT, "hash");
		rc = sha256_add_file(sum, fd, &offset,
				     end > size ? size + 1 : end, e);
	}
	if (rc < 0)
		return -1;
	if (offset > size)
		return err_set(e, ETXTBSY, "hash");
	return sha256_end(sum, digest, e);
}

static bool is_over(void *context)
{
	const struct member *member = context;

	return member->crew->over;
}

static void look_into_archive(struct crew *crew, int fd,
			      const struct rootfs_file *file, const char *path)
{
	struct member member = {crew, file};
	const struct archive_visitor visitor = {on_member, is_over, &member};
	struct err e;

	/* One that only has the name of an archive is none. */
	if (archive_members(fd, file->identity.size, &visitor, &e) < 0 &&
	    e.code != EILSEQ)
		crew_unreadable(crew, path, e.code);
}

static bool is_wanted(const struct crew *crew, const struct rootfs_file *file)
{
	return crew->walk.wanted &&
	       crew->walk.wanted(crew->walk.context, file->path);
}

/* Find out the kind of the file; *binary has the interpreter. */
static void look_into(struct crew *crew, int fd, struct rootfs_file *file,
		      struct binary *binary, struct link_content *ret)
{
	struct err e;

	if (binary_inspect(fd, binary, &e) < 0) {
		ret->error = e.code;
		return;
	}
	if ((binary->kind == KIND_OTHER ||
	     (binary->kind == KIND_TEXT && !crew->walk.texts)) &&
	    !(file->identity.mode & 0111) && !is_wanted(crew, file))
		return;
	if (is_of_holes(fd) || !crew_spend_bytes(crew, file->identity.size)) {
		ret->error = EFBIG;
		return;
	}
	if (hash(crew, fd, file->identity.size, ret->digest, &e) < 0) {
		ret->error = e.code;
		return;
	}
	file->hashed = file->identity.size;
	ret->executable = true;
	ret->kind = binary->kind;
	ret->interpreter = binary->interpreter;
}

void rootfs_inspect(struct crew *crew, int fd, const char *path,
		    struct rootfs_file *file)
{
	struct link_content content = {0};
	struct binary binary;
	bool known = false;

	if (!S_ISREG(file->identity.mode) ||
	    crew_is_except(crew, &file->identity) ||
	    (crew->walk.since_ns &&
	     !is_since(fd, &file->identity, crew->walk.since_ns)))
		return;
	if (file->identity.nlink > 1)
		known = links_find(crew->links, &file->identity, &content);
	/* This name makes the file wanted. */
	if (known && !content.executable && is_wanted(crew, file))
		known = false;
	if (!known) {
		if (archive_is_one(fd, file->identity.size, path))
			look_into_archive(crew, fd, file, path);
		look_into(crew, fd, file, &binary, &content);
	}
	if (!known && file->identity.nlink > 1)
		links_settle(crew->links, &file->identity, &content);
	if (content.error)
		crew_unreadable(crew, path, content.error);
	if (!content.executable)
		return;
	file->kind = content.kind;
	file->interpreter = content.interpreter;
	memcpy(file->digest, content.digest, DIGEST_SIZE);
	crew_found(crew, file);
}
