#include "volumes_written_internal.h"

#include "places_internal.h"
#include "storage_internal.h"
#include "way_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static int add_written(struct volumes *volumes, const struct location *place,
		       struct err *e)
{
	if (places_add(&volumes->written, &volumes->written_count, place, e) <
	    0)
		return -1;
	return behind_add_upper(volumes->mounts, place, &volumes->written,
				&volumes->written_count, e);
}

static int add_hole(struct volume *volume, const struct location *place,
		    struct err *e)
{
	const size_t count = volume->hole_count;
	struct identity *holes =
		reallocarray(volume->holes, count + 1, sizeof(*holes));

	if (!holes)
		return err_set(e, ENOMEM, "list places");
	volume->holes = holes;
	holes[count] = place->identity;
	return places_add(&volume->hole_places, &volume->hole_count, place, e);
}

/* True for a mount that isn't recorded as written: of the kernel's own file
 * systems, of another container's root, or of a volume that the kubelet writes.
 * An agent of the node hands no programs over by these. */
static bool is_aside(const struct mounts *mounts, const char *point,
		     const struct location *place)
{
	return location_is_kernels(point) ||
	       mounts_is_container_root(mounts, point, place) ||
	       storage_managed(point, NULL);
}

struct submounts {
	struct volumes *volumes;
	struct volume *volume;
};

/* The mounts below a bind's source count as well: a recursive bind leaves each
 * as writable as it is. */
static int on_submount(void *context, const char *point,
		       const struct location *place, bool read_only,
		       struct err *e)
{
	struct submounts *submounts = context;
	struct volume *volume = submounts->volume;

	if (places_add(&volume->below, &volume->below_count, place, e) < 0)
		return -1;
	if (read_only || !volume->writable_below)
		return 0;
	if (volume->facts.read_only && add_hole(volume, place, e) < 0)
		return -1;
	return is_aside(submounts->volumes->mounts, point, place)
		       ? 0
		       : add_written(submounts->volumes, place, e);
}

static int find_submounts(struct volumes *volumes, struct volume *volume,
			  struct err *e)
{
	struct submounts submounts = {volumes, volume};
	OWNED(free_owned) char *real = NULL;

	if (!volume->folder || !volume->recursive)
		return 0;
	real = realpath(volume->path, NULL);
	return real ? mounts_below(volumes->mounts, real, on_submount,
				   &submounts, e)
		    : 0;
}

/* A container's writes to an overlay that it is given go to the upper folder.
 */
static int add_uppers(const struct spec *spec,
		      const struct container *container,
		      struct volumes *volumes, struct err *e)
{
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		OWNED(free_owned) char *path = NULL;
		OWNED(close_owned) int fd = -1;
		struct spec_mount mount;
		struct location place;
		int rc;

		spec_mount_at(spec, i, &mount);
		if (!mount.upper)
			continue;
		path = container_source(container, mount.upper);
		fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
		if (fd < 0)
			continue;
		if (location_find(volumes->mounts, fd, &place, e) < 0)
			return -1;
		rc = add_written(volumes, &place, e);
		location_clear(&place);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int find_binds(struct volumes *volumes, struct err *e)
{
	for (size_t i = 0; i < volumes->count; i++) {
		struct volume *volume = &volumes->list[i];

		if (!volume->facts.read_only &&
		    add_written(volumes, &volume->at, e) < 0)
			return -1;
		if (find_submounts(volumes, volume, e) < 0)
			return -1;
	}
	return 0;
}

/* Add a hole for each mount below the volume that overlaps place, which this
 * container writes: place, if the mount holds it, else the whole mount. */
static int compare_below(struct volume *volume, const struct location *place,
			 struct err *e)
{
	for (size_t i = 0; i < volume->below_count; i++) {
		const struct location *part = &volume->below[i];
		enum relation relation = location_relation(part, place);

		if (relation != LOCATION_APART &&
		    add_hole(volume, relation == LOCATION_ABOVE ? place : part,
			     e) < 0)
			return -1;
	}
	return 0;
}

int volumes_written_compare(const struct volumes *volumes,
			    struct volume *volume, struct err *e)
{
	for (size_t i = 0; i < volumes->written_count; i++) {
		const struct location *place = &volumes->written[i];
		enum relation relation = location_relation(&volume->at, place);
		enum relation behind = behind_relation(&volume->behind, place);

		if (relation == LOCATION_SAME || relation == LOCATION_BELOW ||
		    behind == LOCATION_SAME ||
		    way_leads_through(volume->way, volume->way_count, place))
			volume->facts.own = true;
		if (behind == LOCATION_ABOVE)
			volume->facts.holes = true;
		if (relation == LOCATION_ABOVE &&
		    add_hole(volume, place, e) < 0)
			return -1;
		if (compare_below(volume, place, e) < 0)
			return -1;
	}
	if (volume->hole_count)
		volume->facts.holes = true;
	return 0;
}

int volumes_written_spare(const struct container *container,
			  const struct volumes *volumes, struct volume *volume,
			  struct err *e)
{
	const char *paths[] = {
		container->config.state_dir, container->config.cache_dir,
		container->config.evidence_dir, container->config.events_file};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		OWNED(close_owned) int fd = open(paths[i], O_PATH | O_CLOEXEC);
		struct location place;
		enum relation relation;
		int rc = 0;

		if (fd < 0)
			continue;
		if (location_find(volumes->mounts, fd, &place, e) < 0)
			return -1;
		relation = location_relation(&volume->at, &place);
		if (relation == LOCATION_ABOVE)
			rc = add_hole(volume, &place, e);
		else if (relation != LOCATION_APART)
			volume->facts.storage = true;
		if (rc == 0)
			rc = compare_below(volume, &place, e);
		location_clear(&place);
		if (rc < 0)
			return -1;
	}
	return 0;
}

int volumes_written_add_reach(const struct spec *spec,
			      const struct location *own,
			      struct volumes *volumes, struct err *e)
{
	if (own && add_written(volumes, own, e) < 0)
		return -1;
	if (!spec_has_capability(spec, "CAP_SYS_ADMIN"))
		return 0;
	for (size_t i = 0; i < volumes->count; i++) {
		struct volume *volume = &volumes->list[i];

		if (!volume->facts.read_only)
			continue;
		volume->remountable = true;
		if (add_written(volumes, &volume->at, e) < 0)
			return -1;
	}
	return 0;
}

int volumes_written_find(const struct spec *spec,
			 const struct container *container,
			 struct volumes *volumes, struct err *e)
{
	return find_binds(volumes, e) < 0
		       ? -1
		       : add_uppers(spec, container, volumes, e);
}
