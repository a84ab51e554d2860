#include "archive.h"
#include "binary.h"
#include "clock.h"
#include "filesystem.h"
#include "layer.h"
#include "procfs.h"
#include "rootfs_internal.h"
#include "sha256.h"
#include "stat.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	SLICE = 1024 * 1024, /* bytes between checks whether the walk is over */
	CHUNK_PATH = 2048,
	/* Deeper files aren't visited: otherwise a container that makes folders
	 * in a volume could use up all memory. */
	PATH_BYTES_MAX = 4 * PATH_MAX,
	/* A file counts as sparse if it is this large, and only a small part of
	 * it has blocks. */
	SPARSE_BYTES = 1024 * 1024 * 1024,
	SPARSE_PART = 16,
	BLOCK = 512, /* unit of st_blocks, whatever the file system's is */
};

static int open_beneath(int dirfd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

/* A folder by its path of any length: in pieces, since one call takes at most
 * PATH_MAX bytes. */
static int open_folder(int root, const char *path)
{
	OWNED(close_owned) int at = open_beneath(root, ".", O_PATH);
	char piece[CHUNK_PATH + NAME_MAX + 2];

	while (at >= 0 && *path) {
		size_t len = strlen(path);
		int next;

		if (len > CHUNK_PATH)
			len = CHUNK_PATH + strcspn(path + CHUNK_PATH, "/");
		memcpy(piece, path, len);
		piece[len] = '\0';
		next = open_beneath(at, piece, O_PATH | O_DIRECTORY);
		(void)close(at);
		at = next;
		path += len;
		path += strspn(path, "/");
	}
	if (at < 0)
		return -1;
	return open_beneath(at, ".", O_RDONLY | O_DIRECTORY);
}

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

/* Inspect an open file, and report it if it is an executable. */
static void inspect(struct crew *crew, int fd, const char *path,
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

static void visit_file(struct crew *crew, int dirfd, const char *name,
		       const char *path, size_t path_len)
{
	/* O_NONBLOCK: the name may have become a FIFO since getdents. */
	OWNED(close_owned)
	int fd = openat(dirfd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				O_CLOEXEC);
	struct rootfs_file file = {.path = path, .path_len = path_len};
	struct layer *layer = crew->walk.layer;
	struct err e;

	if (fd >= 0 &&
	    stat_identity(fd, "", AT_EMPTY_PATH, &file.identity) == 0) {
		if (layer &&
		    layer_check_file(layer, fd, &file.identity, &e) < 0)
			crew_fail(crew, &e);
		else
			inspect(crew, fd, path, &file);
	} else if (errno != ELOOP)
		crew_unreadable(crew, path, errno);
}

static unsigned char entry_type(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return S_ISDIR(st.st_mode) ? DT_DIR
				   : (S_ISREG(st.st_mode) ? DT_REG : DT_LNK);
}

static void visit_entry(struct crew *crew, int dirfd,
			const struct folder *folder, const struct dirent *entry)
{
	size_t len = folder->len + 1 + strlen(entry->d_name);
	OWNED(free_owned) char *path = NULL;
	struct layer *layer = crew->walk.layer;
	unsigned char type;
	struct err e;

	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return;
	type = entry_type(dirfd, entry);
	if (type != DT_DIR && type != DT_REG && !layer)
		return;
	path = len < PATH_BYTES_MAX ? malloc(len + 1) : NULL;
	if (!path) {
		crew_unreadable(crew, folder->path,
				len < PATH_BYTES_MAX ? ENOMEM : ENAMETOOLONG);
		return;
	}
	memcpy(path, folder->path, folder->len);
	path[folder->len] = '/';
	memcpy(path + folder->len + 1, entry->d_name,
	       len - folder->len); /* with its NUL */
	if (layer && type != DT_DIR && layer_add_name(layer, path, len, &e) < 0)
		crew_fail(crew, &e);
	else if (type == DT_DIR)
		crew_push(crew, path, len);
	else if (type == DT_REG)
		visit_file(crew, dirfd, entry->d_name, path, len);
}

static void dir_owned(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int open_to_read(struct crew *crew, const struct folder *folder,
			bool *ret_left_out)
{
	struct identity id;
	struct identity top;
	int fd = open_folder(crew->walk.root,
			     folder->path + (folder->len ? 1 : 0));

	*ret_left_out = false;
	if (fd < 0 || (!crew->walk.one_mount && !crew->walk.except_count))
		return fd;
	*ret_left_out =
		stat_identity(fd, "", AT_EMPTY_PATH, &id) < 0 ||
		stat_identity(crew->walk.root, "", AT_EMPTY_PATH, &top) < 0 ||
		(crew->walk.one_mount && id.mount != top.mount) ||
		crew_is_except(crew, &id);
	return fd;
}

static void visit_folder(struct crew *crew, const struct folder *folder)
{
	OWNED(dir_owned) DIR *dir = NULL;
	struct layer *layer = crew->walk.layer;
	const struct dirent *entry;
	struct err e;
	bool left_out;
	int fd = open_to_read(crew, folder, &left_out);

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		crew_unreadable(crew, folder->path, errno);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	/* The kernel's own files are no programs, and reading some of them has
	 * effects. */
	if (left_out || filesystem_is_kernels(fd))
		return;
	if (layer &&
	    layer_add_folder(layer, folder->path, folder->len, fd, &e) < 0)
		crew_fail(crew, &e);
	while (crew_spend_file(crew) && (errno = 0, entry = readdir(dir)))
		visit_entry(crew, dirfd(dir), folder, entry);
	if (!crew->over && errno)
		crew_unreadable(crew, folder->path, errno);
}

int rootfs_walk(const struct rootfs_walk *walk, struct err *e)
{
	struct crew *crew = crew_new(walk);
	int rc;

	if (!crew)
		return err_set(e, ENOMEM, "walk a folder");
	crew->visit = visit_folder;
	crew_push(crew, "", 0);
	rc = crew_run(crew, e);
	crew_leave(crew);
	return rc;
}

/* The walk's root is the file, and the folder's path its name. */
static void visit_alone(struct crew *crew, const struct folder *folder)
{
	struct rootfs_file file = {.path = ""};
	OWNED(close_owned) int fd = -1;
	char link[PROCFS_PATH];

	if (!crew_spend_file(crew) || filesystem_is_kernels(crew->walk.root))
		return;
	fd = open(procfs_fd_path(crew->walk.root, link),
		  O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || stat_identity(fd, "", AT_EMPTY_PATH, &file.identity) < 0)
		crew_unreadable(crew, folder->path, errno);
	else
		inspect(crew, fd, folder->path, &file);
}

int rootfs_file(const struct rootfs_walk *walk, const char *path, struct err *e)
{
	struct crew *crew = crew_new(walk);
	int rc;

	if (!crew)
		return err_set(e, ENOMEM, "look at %s", path);
	crew->visit = visit_alone;
	crew_push(crew, path, strlen(path));
	rc = crew_run(crew, e);
	crew_leave(crew);
	return rc;
}
