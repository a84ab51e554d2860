#include "behind_internal.h"

#include "layers.h"
#include "loop.h"
#include "places_internal.h"
#include "way_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Overlays lie on overlays twice at most (FILESYSTEM_MAX_STACK_DEPTH); images
 * on them, and they on images, as deep as an operator likes. */
enum { DEPTH_MAX = 6 };

struct search {
	const struct mounts *mounts;
	struct behind *behind;
	bool through;
	int depth;
	bool top; /* the place is shown by the machine's root */
};

static int look_behind(struct search *search, const struct location *place,
		       struct err *e);

void behind_clear(struct behind *behind)
{
	places_free(behind->parts, behind->part_count);
	places_free(behind->ways, behind->way_count);
	*behind = (struct behind){0};
}

static bool is_known(const struct location *list, size_t count,
		     const struct location *place)
{
	for (size_t i = 0; i < count; i++)
		if (location_relation(&list[i], place) == LOCATION_SAME &&
		    location_compare_paths(list[i].folder, place->folder) ==
			    LOCATION_SAME)
			return true;
	return false;
}

static int add_way(struct behind *behind, const struct location *place,
		   struct err *e)
{
	return is_known(behind->ways, behind->way_count, place)
		       ? 0
		       : places_add(&behind->ways, &behind->way_count, place,
				    e);
}

/* Add a part, and the places behind it. */
static int add_part(struct search *search, const struct location *place,
		    struct err *e)
{
	struct behind *behind = search->behind;
	int rc = 0;

	if (search->through)
		rc = add_way(behind, place, e);
	else if (!is_known(behind->parts, behind->part_count, place))
		rc = places_add(&behind->parts, &behind->part_count, place, e);
	if (rc < 0)
		return -1;
	search->depth++;
	rc = look_behind(search, place, e);
	search->depth--;
	return rc;
}

static int add_ways(struct search *search, const char *path, struct err *e)
{
	struct location *way = NULL;
	size_t count = 0;
	int rc = way_find(search->mounts, path, &way, &count, e);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = add_way(search->behind, &way[i], e);
	places_free(way, count);
	return rc;
}

/* 1: the path doesn't exist. */
static int find_place(const struct mounts *mounts, const char *path,
		      struct location *ret, struct err *e)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? 1 : location_find(mounts, fd, ret, e);
}

/* The place of folder in a layer. The folder needn't exist, since a writer of
 * the folder above can make it. 1: the layer doesn't exist either. */
static int find_in_layer(const struct mounts *mounts, const char *layer,
			 const char *folder, struct location *ret,
			 struct err *e)
{
	OWNED(free_owned) char *path = location_join(layer, folder);
	char *whole;
	int rc;

	if (!path)
		return err_set(e, ENOMEM, "look behind an overlay");
	rc = find_place(mounts, path, ret, e);
	if (rc != 1)
		return rc;
	rc = find_place(mounts, layer, ret, e);
	if (rc != 0)
		return rc;
	whole = location_join(ret->folder, folder);
	if (!whole) {
		location_clear(ret);
		return err_set(e, ENOMEM, "look behind an overlay");
	}
	free(ret->folder);
	ret->folder = whole;
	ret->identity = (struct identity){0};
	ret->birth_ns = 0;
	return 0;
}

static int add_layer(struct search *search, const char *layer,
		     const char *folder, struct err *e)
{
	struct location place = {0};
	int rc = find_in_layer(search->mounts, layer, folder, &place, e);

	if (rc == 1)
		search->behind->untold = true;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = add_part(search, &place, e);
	location_clear(&place);
	return rc < 0 ? -1 : add_ways(search, layer, e);
}

/* True if the folder, or one above, was renamed: it has another name in the
 * layers below, which overlayfs keeps in an attribute. */
static bool is_redirected(const char *layer, const char *folder)
{
	OWNED(free_owned) char *path = location_join(layer, folder);
	const size_t len = strlen(layer);
	char *slash;

	while (path && strlen(path) > len) {
		if (lgetxattr(path, "trusted.overlay.redirect", NULL, 0) > 0)
			return true;
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		*slash = '\0';
	}
	return !path;
}

/* The part of each layer that holds folder: all of the layer if names differ.
 */
static const char *part_of(const struct layers *layers, const char *folder)
{
	bool redirected = layers->upper && is_redirected(layers->upper, folder);

	for (size_t i = 0; layers->lower_known && i < layers->lower_count; i++)
		redirected =
			redirected || is_redirected(layers->lower[i], folder);
	return redirected ? "/" : folder;
}

static int add_layers(struct search *search, const struct layers *layers,
		      const char *folder, struct err *e)
{
	const char *part = part_of(layers, folder);

	if ((!layers->lower_known || (layers->writable && !layers->upper)) &&
	    !search->top)
		search->behind->untold = true;
	if (layers->upper && add_layer(search, layers->upper, part, e) < 0)
		return -1;
	for (size_t i = 0; layers->lower_known && i < layers->lower_count; i++)
		if (add_layer(search, layers->lower[i], part, e) < 0)
			return -1;
	return 0;
}

/* Add an image file, or, if its name was removed, the place where it had been:
 * a container that writes to that folder could write to the file. */
static int on_image(void *context, const char *path, bool removed,
		    struct err *e)
{
	struct search *search = context;
	OWNED(free_owned) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	struct location place = {0};
	int rc;

	if (!folder)
		return err_set(e, ENOMEM, "look for an image file");
	if (!slash) {
		search->behind->untold = true;
		return 0;
	}
	if (removed) {
		*slash = '\0';
		rc = find_in_layer(search->mounts, *folder ? folder : "/",
				   slash + 1, &place, e);
	} else {
		rc = find_place(search->mounts, path, &place, e);
	}
	if (rc == 1 && !search->top)
		search->behind->untold = true;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = add_part(search, &place, e);
	location_clear(&place);
	return rc;
}

static bool is_listed(const char *const *list, size_t count, const char *type)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], type) == 0)
			return true;
	return false;
}

/* True if a file system holds its content itself, on this machine. One on a
 * block device does, unless it is known to be a server's or a cluster's. */
static bool is_its_own(const struct mounts_kind *kind, uint64_t device)
{
	static const char *const local[] = {
		"tmpfs",   "ramfs",	 "devtmpfs",	"hugetlbfs",
		"rootfs",  "btrfs",	 "zfs",		"bcachefs",
		"ubifs",   "jffs2",	 "proc",	"sysfs",
		"nsfs",	   "autofs",	 "devpts",	"mqueue",
		"cgroup",  "cgroup2",	 "debugfs",	"tracefs",
		"bpf",	   "securityfs", "pstore",	"configfs",
		"fusectl", "efivarfs",	 "binfmt_misc", "rpc_pipefs",
		"nfsd",	   "selinuxfs",	 "resctrl",	"overlay",
	};
	static const char *const others[] = {"fuseblk", "ocfs2", "gfs2"};

	return device >> 32 ? !is_listed(others, ARRAY_LEN(others), kind->type)
			    : is_listed(local, ARRAY_LEN(local), kind->type);
}

/* The block device of a file system. Some (btrfs) have numbers of their own,
 * and name their device as the source. */
static uint64_t disk_of(const struct mounts_kind *kind, uint64_t device)
{
	struct stat st;

	if (device >> 32)
		return device;
	if (!kind->source || strncmp(kind->source, "/dev/", 5) != 0 ||
	    stat(kind->source, &st) < 0 || !S_ISBLK(st.st_mode))
		return 0;
	return (uint64_t)major(st.st_rdev) << 32 | minor(st.st_rdev);
}

static int look_behind_overlay(struct search *search,
			       const struct mounts_kind *kind,
			       const char *folder, struct err *e)
{
	struct layers layers;
	int rc;

	if (layers_find(kind->point, kind->options, &layers, e) < 0)
		return -1;
	rc = add_layers(search, &layers, folder, e);
	layers_clear(&layers);
	return rc;
}

static int look_behind_disk(struct search *search, uint64_t disk, struct err *e)
{
	search->behind->disk = disk;
	return loop_images(disk, on_image, search, e);
}

static int look_behind(struct search *search, const struct location *place,
		       struct err *e)
{
	const bool top = search->top;
	struct mounts_kind kind;
	uint64_t disk;
	int rc = 0;

	if (!mounts_find_kind(search->mounts, place->device, &kind))
		return 0;
	if (search->depth > DEPTH_MAX || !is_its_own(&kind, place->device)) {
		search->behind->untold = true;
		return 0;
	}
	search->top = kind.top;
	disk = disk_of(&kind, place->device);
	if (strcmp(kind.type, "overlay") == 0)
		rc = look_behind_overlay(search, &kind, place->folder, e);
	else if (disk && disk != search->behind->disk)
		rc = look_behind_disk(search, disk, e);
	search->top = top;
	return rc;
}

int behind_add(const struct mounts *mounts, const struct location *place,
	       bool through, struct behind *behind, struct err *e)
{
	struct search search = {
		.mounts = mounts, .behind = behind, .through = through};

	return look_behind(&search, place, e);
}

int behind_add_upper(const struct mounts *mounts, const struct location *place,
		     struct location **list, size_t *count, struct err *e)
{
	OWNED(free_owned) char *upper = NULL;
	struct mounts_kind kind;
	struct location behind = {0};
	int rc;

	if (!mounts_find_kind(mounts, place->device, &kind) ||
	    strcmp(kind.type, "overlay") != 0)
		return 0;
	upper = layers_upper(kind.point, kind.options);
	if (!upper)
		return 0;
	rc = find_in_layer(mounts, upper, place->folder, &behind, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	rc = places_add(list, count, &behind, e);
	location_clear(&behind);
	return rc;
}

bool behind_is_written(const struct writers *writers,
		       const struct behind *behind)
{
	for (size_t i = 0; i < behind->part_count; i++)
		if (writers_reach(writers, &behind->parts[i], NULL, 0))
			return true;
	return way_holds(writers, behind->ways, behind->way_count);
}

enum relation behind_relation(const struct behind *behind,
			      const struct location *place)
{
	enum relation found = LOCATION_APART;

	for (size_t i = 0; i < behind->part_count; i++) {
		enum relation relation =
			location_relation(&behind->parts[i], place);

		if (relation == LOCATION_SAME || relation == LOCATION_BELOW)
			return LOCATION_SAME;
		if (relation == LOCATION_ABOVE)
			found = LOCATION_ABOVE;
	}
	return way_leads_through(behind->ways, behind->way_count, place)
		       ? LOCATION_SAME
		       : found;
}
