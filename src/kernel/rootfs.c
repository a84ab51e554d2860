#include "rootfs.h"

#include "archive.h"
#include "binary.h"
#include "filesystem.h"
#include "layer.h"
#include "sha256.h"
#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	THREADS_MAX = 64,
	CHUNK_PATH = 2048,
	/* What lies deeper isn't looked at: who makes folders in a volume
	 * would have all memory otherwise. */
	PATH_BYTES_MAX = 4 * PATH_MAX,
	/* A file is of holes, mostly, where it is this large, and has no more
	 * than a part of it in blocks. */
	SPARSE_BYTES = 1024 * 1024 * 1024,
	SPARSE_PART = 16,
	BLOCK = 512, /* of st_blocks, whatever the file system's is */
};

/* A folder still to be read. */
struct folder {
	struct folder *next;
	size_t len;
	char path[];
};

struct crew {
	const struct rootfs_walk *walk;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct folder *todo;
	unsigned busy;
	bool failed;
	struct err error;
	uint64_t files;
	uint64_t bytes;
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

static void crew_fail(struct crew *crew, const struct err *e)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (!crew->failed)
		crew->error = *e;
	crew->failed = true;
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

static void crew_unreadable(struct crew *crew, const char *path, int error)
{
	(void)pthread_mutex_lock(&crew->lock);
	crew->walk->unreadable(crew->walk->context, path, error);
	(void)pthread_mutex_unlock(&crew->lock);
}

static void crew_push(struct crew *crew, const char *path, size_t len)
{
	struct folder *folder = malloc(sizeof(*folder) + len + 1);
	struct err e;

	if (!folder) {
		(void)err_set(&e, ENOMEM, "walk %s", path);
		crew_fail(crew, &e);
		return;
	}
	folder->len = len;
	memcpy(folder->path, path, len + 1);
	(void)pthread_mutex_lock(&crew->lock);
	folder->next = crew->todo;
	crew->todo = folder;
	(void)pthread_cond_signal(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

/* The next folder, or NULL when there is none and nobody can add one. The
 * caller is counted busy until it comes back. */
static struct folder *crew_pop(struct crew *crew)
{
	struct folder *folder;

	(void)pthread_mutex_lock(&crew->lock);
	while (!crew->todo && crew->busy && !crew->failed)
		(void)pthread_cond_wait(&crew->changed, &crew->lock);
	folder = crew->failed ? NULL : crew->todo;
	if (folder) {
		crew->todo = folder->next;
		crew->busy++;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return folder;
}

static void crew_rest(struct crew *crew)
{
	(void)pthread_mutex_lock(&crew->lock);
	if (--crew->busy == 0)
		(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}

static void crew_found(struct crew *crew, const struct rootfs_file *file)
{
	const struct rootfs_walk *walk = crew->walk;
	struct err e;
	int rc;

	(void)pthread_mutex_lock(&crew->lock);
	rc = walk->found(walk->context, file, &e);
	crew->files++;
	crew->bytes += file->identity.size;
	if (walk->progress)
		walk->progress(walk->context, crew->files, crew->bytes);
	(void)pthread_mutex_unlock(&crew->lock);
	if (rc < 0)
		crew_fail(crew, &e);
}

/* A member is reported under "archive!/member", as jar URLs name them, with
 * the archive's own identity less its inode: a stat never names it. */
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
	OWNED(free_owned) char *path = NULL;

	if (asprintf(&path, "%s!/%s", file.path, name) < 0) {
		path = NULL;
		return err_set(e, ENOMEM, "list the archive");
	}
	file.path = path;
	file.path_len = strlen(path);
	file.kind = KIND_MEMBER;
	file.interpreter = "";
	file.identity.ino = 0;
	file.identity.size = size;
	memcpy(file.digest, digest, DIGEST_SIZE);
	crew_found(member->crew, &file);
	return 0;
}

/* Whoever makes it a terabyte long has all creates wait for its hash. */
static bool is_of_holes(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > SPARSE_BYTES &&
	       st.st_blocks < st.st_size / BLOCK / SPARSE_PART;
}

/* Made since then: whoever changes the mode of an older file gives it a new
 * ctime. Where the file system keeps no birth times, ctime has to do. */
static bool is_since(int fd, const struct identity *identity, int64_t since_ns)
{
	struct timespec clock;
	struct identity now;
	int64_t birth = 0;

	/* What is of later than now is of before the clock was set back. */
	if (clock_gettime(CLOCK_REALTIME, &clock) < 0 ||
	    identity->ctime_ns > clock.tv_sec * 1000000000 + clock.tv_nsec)
		return false;
	return identity->ctime_ns > since_ns &&
	       stat_birth(fd, &now, &birth) == 0 &&
	       (birth == 0 || birth > since_ns);
}

/* Look at an open file, and report it if it is an executable. */
static void inspect(struct crew *crew, int fd, const char *path,
		    struct rootfs_file *file)
{
	struct binary binary;
	struct err e;

	if (!S_ISREG(file->identity.mode) ||
	    (crew->walk->since_ns &&
	     !is_since(fd, &file->identity, crew->walk->since_ns)))
		return;
	if (archive_is_one(fd, file->identity.size, path)) {
		struct member member = {crew, file};

		/* One that only has the name of an archive is none. */
		if (archive_members(fd, file->identity.size, on_member, &member,
				    &e) < 0 &&
		    e.code != EILSEQ)
			crew_unreadable(crew, path, e.code);
	}
	if (binary_inspect(fd, &binary, &e) < 0) {
		crew_unreadable(crew, path, e.code);
		return;
	}
	if ((binary.kind == KIND_OTHER ||
	     (binary.kind == KIND_TEXT && !crew->walk->texts)) &&
	    !(file->identity.mode & 0111) &&
	    !(crew->walk->wanted &&
	      crew->walk->wanted(crew->walk->context, path)))
		return;
	if (is_of_holes(fd)) {
		crew_unreadable(crew, path, EFBIG);
		return;
	}
	if (sha256_file(fd, 0, file->digest, &e) < 0) {
		crew_unreadable(crew, path, e.code);
		return;
	}
	file->kind = binary.kind;
	file->interpreter = binary.interpreter;
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
	struct layer *layer = crew->walk->layer;
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
	struct layer *layer = crew->walk->layer;
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

static void visit_folder(struct crew *crew, const struct folder *folder)
{
	OWNED(dir_owned) DIR *dir = NULL;
	struct layer *layer = crew->walk->layer;
	const struct dirent *entry;
	struct err e;
	int fd = open_folder(crew->walk->root,
			     folder->path + (folder->len ? 1 : 0));

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		crew_unreadable(crew, folder->path, errno);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	/* Nothing there is a program, and reading some of it alters it. */
	if (filesystem_is_kernels(fd))
		return;
	if (layer &&
	    layer_add_folder(layer, folder->path, folder->len, fd, &e) < 0)
		crew_fail(crew, &e);
	while (!crew->failed && (errno = 0, entry = readdir(dir)))
		visit_entry(crew, dirfd(dir), folder, entry);
	if (!crew->failed && errno)
		crew_unreadable(crew, folder->path, errno);
}

static void *crew_member(void *argument)
{
	struct crew *crew = argument;
	struct folder *folder;

	while ((folder = crew_pop(crew))) {
		visit_folder(crew, folder);
		free(folder);
		crew_rest(crew);
	}
	return NULL;
}

static unsigned core_count(void)
{
	cpu_set_t set;
	int count = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	return count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

int rootfs_walk(const struct rootfs_walk *walk, struct err *e)
{
	struct crew crew = {
		.walk = walk,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	pthread_t threads[THREADS_MAX];
	unsigned started = 0;
	unsigned cores = core_count();

	crew_push(&crew, "", 0);
	while (started + 1 < cores &&
	       pthread_create(&threads[started], NULL, crew_member, &crew) == 0)
		started++;
	(void)crew_member(&crew);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	while (crew.todo) {
		struct folder *next = crew.todo->next;

		free(crew.todo);
		crew.todo = next;
	}
	if (!crew.failed)
		return 0;
	*e = crew.error;
	return -1;
}

int rootfs_file(const struct rootfs_walk *walk, const char *path, struct err *e)
{
	struct crew crew = {.walk = walk, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct rootfs_file file = {.path = ""};
	OWNED(close_owned) int fd = -1;
	char link[64];

	if (filesystem_is_kernels(walk->root))
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", walk->root);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 ||
	    stat_identity(fd, "", AT_EMPTY_PATH, &file.identity) < 0) {
		crew_unreadable(&crew, path, errno);
		return 0;
	}
	inspect(&crew, fd, path, &file);
	if (!crew.failed)
		return 0;
	*e = crew.error;
	return -1;
}
