#include "propagation.h"

#include "location.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64, FOLDER_MAX = 2 * PATH_MAX };

/* The name of a removed folder may be another folder's by now. */
static bool is_removed(const char *root)
{
	const char *removed = strstr(root, "//deleted");

	return removed && strcmp(removed, "//deleted") == 0;
}

static bool shows_the_same(const struct mountinfo_line *one,
			   const struct mountinfo_line *other)
{
	return one->device == other->device &&
	       strcmp(one->root, other->root) == 0 && !is_removed(one->root);
}

/* Convert a path below parent's mount point to a path of its file system. */
static bool find_folder(const char *path, const struct mountinfo_line *parent,
			char ret[FOLDER_MAX])
{
	enum relation relation = location_compare_paths(path, parent->point);
	size_t skip =
		strcmp(parent->point, "/") == 0 ? 0 : strlen(parent->point);
	int len;

	if ((relation != LOCATION_SAME && relation != LOCATION_BELOW) ||
	    is_removed(parent->root))
		return false;
	len = snprintf(ret, FOLDER_MAX, "%s%s",
		       strcmp(parent->root, "/") == 0 ? "" : parent->root,
		       relation == LOCATION_SAME ? "" : path + skip);
	return len >= 0 && len < FOLDER_MAX;
}

static bool is_fed_by(const struct mountinfo_line *copy,
		      const struct mountinfo_line *mount)
{
	return copy->master &&
	       (copy->master == mount->shared || copy->master == mount->master);
}

/* The mount of the host that copy, mounted on parent, is a copy of. */
static const struct mountinfo_line *find_origin(
	const struct mountinfo *host, const struct mountinfo_line *copy,
	const struct mountinfo_line *parent)
{
	char folder[FOLDER_MAX];
	char hosts[FOLDER_MAX];

	if (!find_folder(copy->point, parent, folder))
		return NULL;
	for (size_t i = 0; i < host->count; i++) {
		const struct mountinfo_line *mount = &host->lines[i];
		const struct mountinfo_line *below;

		if (!is_fed_by(copy, mount) || !shows_the_same(copy, mount))
			continue;
		below = mountinfo_find(host, mount->parent);
		if (below && is_fed_by(parent, below) &&
		    parent->device == below->device &&
		    find_folder(mount->point, below, hosts) &&
		    strcmp(folder, hosts) == 0)
			return mount;
	}
	return NULL;
}

static size_t find_bind(const struct propagation_bind *binds, size_t count,
			const struct mountinfo_line *mount)
{
	size_t i = 0;

	while (i < count &&
	       (binds[i].id != mount->id || binds[i].device != mount->device ||
		strcmp(binds[i].root, mount->root) != 0 ||
		strcmp(binds[i].point, mount->point) != 0))
		i++;
	return i;
}

/* True if another mount can write a part of it, the whole, or more. */
static bool is_written(const struct mountinfo *container,
		       const struct mountinfo_line *mount)
{
	for (size_t i = 0; i < container->count; i++) {
		const struct mountinfo_line *other = &container->lines[i];

		if (!other->read_only && other->device == mount->device &&
		    location_compare_paths(other->root, mount->root) !=
			    LOCATION_APART)
			return true;
	}
	return false;
}

bool propagation_trace(const struct mountinfo *container,
		       const struct mountinfo *host,
		       const struct propagation_bind *binds, size_t count,
		       const struct mountinfo_line *mount,
		       struct propagation *ret)
{
	const struct mountinfo_line *copy = mount;
	bool read_only = !is_written(container, mount);

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct mountinfo_line *parent =
			mountinfo_find(container, copy->parent);
		const struct mountinfo_line *origin =
			parent ? find_origin(host, copy, parent) : NULL;

		if (!origin)
			return false;
		if (copy == mount)
			read_only = read_only && origin->read_only;
		ret->bind = find_bind(binds, count, parent);
		ret->read_only = read_only;
		if (ret->bind < count)
			return true;
		copy = parent;
	}
	return false;
}

bool propagation_shows(const struct mountinfo *host,
		       const struct mountinfo_line *mount, const char *path)
{
	const struct mountinfo_line *has = NULL;
	char folder[FOLDER_MAX];

	/* The last of several mounts at one point hides the others. */
	for (size_t i = 0; i < host->count; i++) {
		const struct mountinfo_line *line = &host->lines[i];

		if (location_is_within(path, line->point) &&
		    (!has || strlen(line->point) >= strlen(has->point)))
			has = line;
	}
	return has && has->device == mount->device &&
	       find_folder(path, has, folder) &&
	       location_compare_paths(folder, mount->root) != LOCATION_APART;
}
