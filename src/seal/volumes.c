#include "volumes_internal.h"

#include "places_internal.h"
#include "seals.h"
#include "stat.h"
#include "storage_internal.h"
#include "way_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void volume_clear(struct volume *volume)
{
	places_free(volume->hole_places, volume->hole_count);
	places_free(volume->below, volume->below_count);
	places_free(volume->way, volume->way_count);
	behind_clear(&volume->behind);
	free(volume->holes);
	location_clear(&volume->at);
	close_owned(&volume->fd);
	kubelet_clear(&volume->kubelet);
	free(volume->path);
}

void volumes_clear(struct volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++)
		volume_clear(&volumes->list[i]);
	free(volumes->list);
	places_free(volumes->written, volumes->written_count);
	mounts_owned(&volumes->mounts);
	*volumes = (struct volumes){0};
}

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

/* Not what the runtime, or mknod, makes of it: its type, as a server last
 * said. */
static bool is_file_or_folder(const struct identity *id)
{
	return S_ISREG(id->mode) || S_ISDIR(id->mode);
}

/* ret->fd is -1 where there is nothing to seal: the runtime itself will say
 * what is wrong with it. */
static int open_volume(const struct container *container,
		       const struct volumes *volumes,
		       const struct spec_mount *mount, struct volume *ret,
		       struct err *e)
{
	struct identity id;

	*ret = (struct volume){
		.destination = mount->destination,
		.path = container_source(container, mount->source),
		.fd = -1,
		.recursive = mount->recursive,
		.writable_below = mount->recursive &&
				  !(mount->read_only && mount->read_only_below),
		.facts.read_only = mount->read_only,
	};
	if (!ret->path)
		return err_set(e, ENOMEM, "look at a volume");
	ret->fd = open(ret->path, O_PATH | O_CLOEXEC);
	if (ret->fd < 0)
		return 0;
	if (stat_identity(ret->fd, "", AT_EMPTY_PATH, &id) < 0 ||
	    !is_file_or_folder(&id)) {
		close_owned(&ret->fd);
		return 0;
	}
	ret->folder = S_ISDIR(id.mode);
	if (way_find(volumes->mounts, ret->path, &ret->way, &ret->way_count,
		     e) < 0)
		return -1;
	return location_find(volumes->mounts, ret->fd, &ret->at, e);
}

static bool has_source(const struct spec_mount *mount)
{
	return mount->bind && mount->source && mount->destination;
}

static int open_volumes(const struct spec *spec,
			const struct container *container,
			struct volumes *volumes, struct err *e)
{
	const size_t count = spec_mount_count(spec);

	volumes->list = calloc(count ? count : 1, sizeof(*volumes->list));
	if (!volumes->list)
		return err_set(e, ENOMEM, "look at the volumes");
	for (size_t i = 0; i < count; i++) {
		struct volume *volume = &volumes->list[volumes->count];
		struct spec_mount mount;
		int rc;

		spec_mount_at(spec, i, &mount);
		if (!has_source(&mount))
			continue;
		rc = open_volume(container, volumes, &mount, volume, e);
		if (rc < 0 || volume->fd < 0)
			volume_clear(volume);
		else
			volumes->count++;
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* The kernel's own, other containers' roots, and what the kubelet writes into
 * its pods are no places that a node's agent hands programs over by. */
static bool is_aside(const struct mounts *mounts, const char *point,
		     const struct location *place)
{
	return location_is_within(point, "/proc") ||
	       location_is_within(point, "/sys") ||
	       location_is_within(point, "/dev") ||
	       mounts_is_container_root(mounts, point, place) ||
	       storage_managed(point, NULL);
}

struct submounts {
	struct volumes *volumes;
	struct volume *volume;
};

/* Mounts below it count too: a bind of all below leaves them as writable as
 * they are. */
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

/* What a container writes to an overlay that it is given goes there. */
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

static int find_written(struct volumes *volumes, struct err *e)
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

/* The place that this container writes lies in a part of what is shown, or all
 * that is shown there is written. */
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

/* How a read-only one lies to what this container writes. */
static int compare(const struct volumes *volumes, struct volume *volume,
		   struct err *e)
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

static bool reaches_storage(const struct storage *storage,
			    const struct volume *volume)
{
	bool reaches = storage_reaches(storage, &volume->at);

	for (size_t i = 0; !reaches && i < volume->below_count; i++)
		reaches = storage_reaches(storage, &volume->below[i]);
	for (size_t i = 0; !reaches && i < volume->behind.part_count; i++)
		reaches = storage_reaches(storage, &volume->behind.parts[i]);
	return reaches;
}

/* What it shows, and what its name leads through, may lie elsewhere. */
static int find_behind(const struct volumes *volumes, struct volume *volume,
		       struct err *e)
{
	struct behind *behind = &volume->behind;
	int rc = behind_add(volumes->mounts, &volume->at, false, behind, e);

	for (size_t i = 0; rc == 0 && i < volume->below_count; i++)
		rc = behind_add(volumes->mounts, &volume->below[i], false,
				behind, e);
	for (size_t i = 0; rc == 0 && i < volume->way_count; i++)
		rc = behind_add(volumes->mounts, &volume->way[i], true, behind,
				e);
	volume->facts.untold = behind->untold;
	return rc;
}

/* runmoor's own places hold what it sealed, and copies of drift. */
static int add_own_places(const struct container *container,
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

/* To be recorded, for others: what this container writes in its root, and
 * what it can mount anew. */
static int add_reach(const struct spec *spec, const struct storage *storage,
		     struct volumes *volumes, struct err *e)
{
	const struct location *own = storage_own(storage);

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

static int find(const struct spec *spec, const struct container *container,
		struct volumes *volumes, struct err *e)
{
	OWNED(storage_owned) struct storage *storage = NULL;

	if (mounts_read(&volumes->mounts, e) < 0 ||
	    open_volumes(spec, container, volumes, e) < 0 ||
	    find_written(volumes, e) < 0 ||
	    add_uppers(spec, container, volumes, e) < 0 ||
	    storage_find(container, volumes->mounts, &storage, e) < 0)
		return -1;
	for (size_t i = 0; i < volumes->count; i++) {
		struct volume *volume = &volumes->list[i];

		volume->facts.storage = reaches_storage(storage, volume);
		if (!volume->facts.storage) {
			if (find_behind(volumes, volume, e) < 0)
				return -1;
			volume->facts.storage =
				reaches_storage(storage, volume);
		}
		if (add_own_places(container, volumes, volume, e) < 0)
			return -1;
		if (volume->facts.read_only &&
		    (kubelet_find(container, volumes->mounts, &volume->at,
				  &volume->kubelet, e) < 0 ||
		     compare(volumes, volume, e) < 0))
			return -1;
	}
	return add_reach(spec, storage, volumes, e);
}

int volumes_find(const struct spec *spec, const struct container *container,
		 struct volumes *ret, struct err *e)
{
	*ret = (struct volumes){0};
	if (find(spec, container, ret, e) == 0)
		return 0;
	volumes_clear(ret);
	return -1;
}

void volumes_plan(const struct writers *writers, const struct config *config,
		  struct volume *volume)
{
	struct volume_facts *facts = &volume->facts;
	const bool behind = behind_is_written(writers, &volume->behind);

	/* Who writes an image chooses its folders' numbers. */
	facts->replaceable =
		behind || way_is_written(writers, volume->way,
					 volume->way_count, &volume->at);
	facts->written = volume->remountable || facts->replaceable ||
			 writers_reach(writers, &volume->at,
				       volume->hole_places, volume->hole_count);
	facts->managed =
		volume->kubelet.pod && !volume->remountable && !behind &&
		!writers_reach_within(writers, &volume->at, volume->kubelet.pod,
				      volume->kubelet.kubelet);
	volume_decide(config, facts, &volume->plan);
}
