#include "filesystem.h"
#include "layer.h"
#include "procfs.h"
#include "rootfs_internal.h"
#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	CHUNK_PATH = 2048,
	/* Deeper files aren't visited: otherwise a container that makes folders
	 * in a volume could use up all memory. */
	PATH_BYTES_MAX = 4 * PATH_MAX,
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
			rootfs_inspect(crew, fd, path, &file);
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
		rootfs_inspect(crew, fd, folder->path, &file);
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
