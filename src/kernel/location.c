#include "location.h"

#include "filesystem.h"
#include "layers.h"
#include "mountinfo.h"
#include "procfs.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

struct mounts {
	struct mountinfo info;
};

int mounts_read(struct mounts **ret, struct err *e)
{
	struct mounts *mounts = calloc(1, sizeof(*mounts));

	if (!mounts)
		return err_set(e, ENOMEM, "read the mounts");
	if (mountinfo_read(0, SIZE_MAX, &mounts->info, NULL) < 0) {
		free(mounts);
		return err_set(e, 0,
			       "can't read /proc/self/mountinfo: is /proc "
			       "mounted?");
	}
	*ret = mounts;
	return 0;
}

void mounts_owned(struct mounts **mounts)
{
	if (*mounts)
		mountinfo_clear(&(*mounts)->info);
	free(*mounts);
	*mounts = NULL;
}

void location_clear(struct location *place)
{
	free(place->origin);
	free(place->folder);
	*place = (struct location){0};
}

char *location_join(const char *folder, const char *rest)
{
	if (strcmp(folder, "/") == 0)
		folder = "";
	rest += strspn(rest, "/");
	return *folder || *rest
		       ? text_format("%s%s%s", folder, *rest ? "/" : "", rest)
		       : strdup("/");
}

enum relation location_compare_paths(const char *path, const char *folder)
{
	size_t path_len = strcmp(path, "/") == 0 ? 0 : strlen(path);
	size_t len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

	if (path_len == len)
		return strncmp(path, folder, len) == 0 ? LOCATION_SAME
						       : LOCATION_APART;
	if (path_len > len)
		return strncmp(path, folder, len) == 0 && path[len] == '/'
			       ? LOCATION_BELOW
			       : LOCATION_APART;
	return strncmp(path, folder, path_len) == 0 && folder[path_len] == '/'
		       ? LOCATION_ABOVE
		       : LOCATION_APART;
}

bool location_is_within(const char *path, const char *folder)
{
	const enum relation relation = location_compare_paths(path, folder);

	return relation == LOCATION_SAME || relation == LOCATION_BELOW;
}

bool location_is_kernels(const char *path)
{
	return location_is_within(path, "/proc") ||
	       location_is_within(path, "/sys") ||
	       location_is_within(path, "/dev");
}

/* The part of its file system that the mount shows. */
static int of_mount(const struct mountinfo_line *line, const char *real,
		    struct location *ret)
{
	const char *origin = line->source;

	ret->device = line->device;
	/* Names that are no device of this machine, and no server, are shared
	 * by many file systems: "tmpfs". */
	if (origin && (origin[0] == '/' || strchr(origin, ':')))
		ret->origin = strdup(origin);
	if (location_compare_paths(real, line->point) == LOCATION_BELOW)
		real += strcmp(line->point, "/") == 0 ? 0 : strlen(line->point);
	else
		real = "";
	ret->folder = location_join(line->root, real);
	return ret->folder ? 0 : -1;
}

/* In a chroot that is no mount point the table doesn't have the root's own
 * mount: then files there are compared by their paths. */
static int of_no_mount(const char *real, struct location *ret)
{
	ret->device = ret->identity.dev;
	ret->folder = strdup(real);
	return ret->folder ? 0 : -1;
}

/* An overlay shows the numbers of the layer's folder, and others once it is
 * written to; a server chooses its own numbers. */
static void find_birth(int fd, struct location *ret)
{
	if (stat_birth(fd, &ret->identity, &ret->birth_ns) < 0 ||
	    filesystem_is_overlay(fd) || filesystem_may_block(fd))
		ret->birth_ns = 0;
}

int location_find(const struct mounts *mounts, int fd, struct location *ret,
		  struct err *e)
{
	const struct mountinfo_line *line;
	char real[PATH_MAX];
	struct statfs fs;
	char link[PROCFS_PATH];
	ssize_t len;
	int rc;

	*ret = (struct location){0};
	len = readlink(procfs_fd_path(fd, link), real, sizeof(real) - 1);
	if (len <= 0 || stat_identity(fd, "", AT_EMPTY_PATH, &ret->identity))
		return err_set(e, errno, "look where a file lies");
	real[len] = '\0';
	find_birth(fd, ret);
	if (fstatfs(fd, &fs) == 0)
		memcpy(&ret->file_system, &fs.f_fsid, sizeof(fs.f_fsid));
	line = mountinfo_find(&mounts->info, (int)ret->identity.mount);
	rc = line ? of_mount(line, real, ret) : of_no_mount(real, ret);
	if (rc == 0)
		return 0;
	location_clear(ret);
	return err_set(e, ENOMEM, "look where a file lies");
}

enum relation location_relation(const struct location *one,
				const struct location *other)
{
	if (one->identity.ino && other->identity.ino &&
	    identity_same_file(&one->identity, &other->identity))
		return LOCATION_SAME;
	if (one->device != other->device)
		return LOCATION_APART;
	return location_compare_paths(one->folder, other->folder);
}

bool location_differs(const struct location *one, const struct location *other)
{
	return one->birth_ns && other->birth_ns &&
	       (one->identity.ino != other->identity.ino ||
		one->birth_ns != other->birth_ns);
}

int mounts_below(const struct mounts *mounts, const char *folder,
		 mounts_below_found *found, void *context, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < mounts->info.count; i++) {
		const struct mountinfo_line *line = &mounts->info.lines[i];
		struct location place = {.identity.mount = (uint64_t)line->id};

		if (location_compare_paths(line->point, folder) !=
		    LOCATION_BELOW)
			continue;
		rc = of_mount(line, line->point, &place) < 0
			     ? err_set(e, ENOMEM, "list the mounts")
			     : found(context, line->point, &place,
				     line->read_only, e);
		location_clear(&place);
	}
	return rc;
}

/* True for the places where engines and bundles have a container's root. */
static bool has_name_of_root(const char *target)
{
	const char *slash = strrchr(target, '/');

	return slash &&
	       (strcmp(slash, "/merged") == 0 || strcmp(slash, "/rootfs") == 0);
}

bool mounts_find_kind(const struct mounts *mounts, uint64_t device,
		      struct mounts_kind *ret)
{
	bool whole = false;

	*ret = (struct mounts_kind){0};
	for (size_t i = 0; i < mounts->info.count; i++) {
		const struct mountinfo_line *line = &mounts->info.lines[i];
		const bool is_whole = strcmp(line->root, "/") == 0;

		if (!line->type || line->device != device)
			continue;
		if (!ret->type || (is_whole && !whole)) {
			ret->type = line->type;
			ret->options = line->options ? line->options : "";
			ret->point = line->point;
			ret->source = line->source;
			whole = is_whole;
		}
		ret->top = ret->top || strcmp(line->point, "/") == 0;
	}
	return ret->type != NULL;
}

bool mounts_is_container_root(const struct mounts *mounts, const char *point,
			      const struct location *place)
{
	struct mounts_kind kind;

	return has_name_of_root(point) &&
	       mounts_find_kind(mounts, place->device, &kind) &&
	       (strcmp(kind.type, "overlay") == 0 ||
		strcmp(kind.type, "fuse.fuse-overlayfs") == 0);
}

static bool is_root_overlay(const struct mountinfo_line *line)
{
	return line->type && line->options &&
	       strcmp(line->type, "overlay") == 0 &&
	       has_name_of_root(line->point);
}

int mounts_uppers(const struct mounts *mounts,
		  int (*found)(void *context, uint64_t device, const char *path,
			       struct err *e),
		  void *context, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < mounts->info.count; i++) {
		const struct mountinfo_line *line = &mounts->info.lines[i];
		OWNED(free_owned) char *upper = NULL;
		OWNED(free_owned) char *work = NULL;

		if (!is_root_overlay(line))
			continue;
		upper = layers_upper(line->point, line->options);
		work = mountinfo_copy_value(line, "workdir");
		if (upper)
			rc = found(context, line->device, upper, e);
		if (rc == 0 && work && work[0] == '/')
			rc = found(context, line->device, work, e);
	}
	return rc;
}

bool mounts_show(const struct mounts *mounts, const struct location *place,
		 bool (*found)(const void *context, const char *path),
		 const void *context)
{
	for (size_t i = 0; i < mounts->info.count; i++) {
		const struct mountinfo_line *line = &mounts->info.lines[i];
		size_t root =
			strcmp(line->root, "/") == 0 ? 0 : strlen(line->root);
		OWNED(free_owned) char *path = NULL;

		if (line->device != place->device ||
		    !location_is_within(place->folder, line->root))
			continue;
		path = location_join(line->point, place->folder + root);
		if (path && found(context, path))
			return true;
	}
	return false;
}
