#include "location.h"

#include "filesystem.h"
#include "layers.h"
#include "procfs.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

struct mounts {
	struct libmnt_table *table;
};

int mounts_read(struct mounts **ret, struct err *e)
{
	struct mounts *mounts = calloc(1, sizeof(*mounts));

	if (!mounts)
		return err_set(e, ENOMEM, "read the mounts");
	mounts->table = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!mounts->table) {
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
		mnt_unref_table((*mounts)->table);
	free(*mounts);
	*mounts = NULL;
}

void location_clear(struct location *place)
{
	free(place->origin);
	free(place->folder);
	*place = (struct location){0};
}

/* For all of them; false ends it. */
static void each_mount(const struct mounts *mounts,
		       bool (*next)(void *context, struct libmnt_fs *fs),
		       void *context)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs = NULL;

	while (iterator && mnt_table_next_fs(mounts->table, iterator, &fs) == 0)
		if (!next(context, fs))
			break;
	mnt_free_iter(iterator);
}

struct by_id {
	int id;
	struct libmnt_fs *fs;
};

static bool has_id(void *context, struct libmnt_fs *fs)
{
	struct by_id *wanted = context;

	if (mnt_fs_get_id(fs) != wanted->id)
		return true;
	wanted->fs = fs;
	return false;
}

static uint64_t device_number(dev_t device)
{
	return (uint64_t)major(device) << 32 | minor(device);
}

/* folder/rest, where either may be "/". */
static char *join(const char *folder, const char *rest)
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

/* The part of its file system that the mount shows. */
static int of_mount(struct libmnt_fs *fs, const char *real,
		    struct location *ret)
{
	const char *target = mnt_fs_get_target(fs);
	const char *root = mnt_fs_get_root(fs);
	const char *origin = mnt_fs_get_source(fs);

	ret->device = device_number(mnt_fs_get_devno(fs));
	/* Names that aren't of this machine's devices, or of a server, are
	 * those of many file systems: "tmpfs". */
	if (origin && (origin[0] == '/' || strchr(origin, ':')))
		ret->origin = strdup(origin);
	if (target && location_compare_paths(real, target) == LOCATION_BELOW)
		real += strcmp(target, "/") == 0 ? 0 : strlen(target);
	else
		real = "";
	ret->folder = join(root ? root : "/", real);
	return ret->folder ? 0 : -1;
}

/* In a chroot that is no mount point the table doesn't have the root's own:
 * then all that lies there is compared by its path there. */
static int of_no_mount(const char *real, struct location *ret)
{
	ret->device = ret->identity.dev;
	ret->folder = strdup(real);
	return ret->folder ? 0 : -1;
}

/* What an overlay shows of a folder are the numbers of its layer's, and others
 * once it is written to; a server's are what that says. */
static void find_birth(int fd, struct location *ret)
{
	if (stat_birth(fd, &ret->identity, &ret->birth_ns) < 0 ||
	    filesystem_is_overlay(fd) || filesystem_may_block(fd))
		ret->birth_ns = 0;
}

int location_find(const struct mounts *mounts, int fd, struct location *ret,
		  struct err *e)
{
	struct by_id mount = {0};
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
	mount.id = (int)ret->identity.mount;
	each_mount(mounts, has_id, &mount);
	rc = mount.fs ? of_mount(mount.fs, real, ret) : of_no_mount(real, ret);
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

struct below {
	const char *folder;
	mounts_below_found *found;
	void *context;
	int rc;
	struct err *e;
};

static bool is_read_only(struct libmnt_fs *fs)
{
	const char *options[] = {mnt_fs_get_vfs_options(fs),
				 mnt_fs_get_fs_options(fs)};
	char *value;
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (options[i] &&
		    mnt_optstr_get_option(options[i], "ro", &value, &len) == 0)
			return true;
	return false;
}

static bool visit_below(void *context, struct libmnt_fs *fs)
{
	struct below *below = context;
	const char *target = mnt_fs_get_target(fs);
	struct location place = {0};

	if (!target ||
	    location_compare_paths(target, below->folder) != LOCATION_BELOW)
		return true;
	place.identity.mount = (uint64_t)mnt_fs_get_id(fs);
	below->rc = of_mount(fs, target, &place) < 0
			    ? err_set(below->e, ENOMEM, "list the mounts")
			    : below->found(below->context, target, &place,
					   is_read_only(fs), below->e);
	location_clear(&place);
	return below->rc == 0;
}

int mounts_below(const struct mounts *mounts, const char *folder,
		 mounts_below_found *found, void *context, struct err *e)
{
	struct below below = {folder, found, context, 0, e};

	each_mount(mounts, visit_below, &below);
	return below.rc;
}

struct uppers {
	int (*found)(void *context, uint64_t device, const char *path,
		     struct err *e);
	void *context;
	int rc;
	struct err *e;
};

/* Where engines and bundles have a container's root. */
static bool has_name_of_root(const char *target)
{
	const char *slash = strrchr(target, '/');

	return slash &&
	       (strcmp(slash, "/merged") == 0 || strcmp(slash, "/rootfs") == 0);
}

struct kind {
	uint64_t device;
	bool overlay;
};

static bool visit_kind(void *context, struct libmnt_fs *fs)
{
	struct kind *kind = context;
	const char *type = mnt_fs_get_fstype(fs);

	if (!type || device_number(mnt_fs_get_devno(fs)) != kind->device)
		return true;
	kind->overlay = strcmp(type, "overlay") == 0 ||
			strcmp(type, "fuse.fuse-overlayfs") == 0;
	return false;
}

bool mounts_is_container_root(const struct mounts *mounts, const char *point,
			      const struct location *place)
{
	struct kind kind = {.device = place->device};

	if (has_name_of_root(point))
		each_mount(mounts, visit_kind, &kind);
	return kind.overlay;
}

static bool visit_upper(void *context, struct libmnt_fs *fs)
{
	struct uppers *uppers = context;
	const char *target = mnt_fs_get_target(fs);
	const char *type = mnt_fs_get_fstype(fs);
	const char *options = mnt_fs_get_fs_options(fs);
	const uint64_t device = device_number(mnt_fs_get_devno(fs));
	OWNED(free_owned) char *upper = NULL;
	OWNED(free_owned) char *work = NULL;
	char *value = NULL;
	size_t len = 0;

	if (!target || !type || !options || strcmp(type, "overlay") != 0 ||
	    !has_name_of_root(target))
		return true;
	upper = layers_upper(target, options);
	if (upper)
		uppers->rc = uppers->found(uppers->context, device, upper,
					   uppers->e);
	if (mnt_optstr_get_option(options, "workdir", &value, &len) == 0 &&
	    value)
		work = strndup(value, len);
	if (uppers->rc == 0 && work && work[0] == '/')
		uppers->rc =
			uppers->found(uppers->context, device, work, uppers->e);
	return uppers->rc == 0;
}

int mounts_uppers(const struct mounts *mounts,
		  int (*found)(void *context, uint64_t device, const char *path,
			       struct err *e),
		  void *context, struct err *e)
{
	struct uppers uppers = {found, context, 0, e};

	each_mount(mounts, visit_upper, &uppers);
	return uppers.rc;
}

struct show {
	const struct location *place;
	bool (*found)(const void *context, const char *path);
	const void *context;
	bool shown;
};

static bool visit_show(void *context, struct libmnt_fs *fs)
{
	struct show *show = context;
	const char *target = mnt_fs_get_target(fs);
	const char *root = mnt_fs_get_root(fs);
	OWNED(free_owned) char *path = NULL;

	if (!target || !root ||
	    device_number(mnt_fs_get_devno(fs)) != show->place->device)
		return true;
	if (!location_is_within(show->place->folder, root))
		return true;
	path = join(target,
		    show->place->folder +
			    (strcmp(root, "/") == 0 ? 0 : strlen(root)));
	show->shown = path && show->found(show->context, path);
	return !show->shown;
}

bool mounts_show(const struct mounts *mounts, const struct location *place,
		 bool (*found)(const void *context, const char *path),
		 const void *context)
{
	struct show show = {place, found, context, false};

	each_mount(mounts, visit_show, &show);
	return show.shown;
}
