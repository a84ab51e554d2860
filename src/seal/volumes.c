#include "volumes_internal.h"

#include "places_internal.h"
#include "seals.h"
#include "stat.h"
#include "storage_internal.h"
#include "volumes_written_internal.h"
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

/* True for a regular file or a folder, by the type that a server gave last. */
static bool is_file_or_folder(const struct identity *id)
{
	return S_ISREG(id->mode) || S_ISDIR(id->mode);
}

/* ret->fd is -1 if there is nothing to seal: the runtime itself reports the
 * error. */
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

/* The files that it shows, and the folders of its path, may lie elsewhere. */
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

static int find(const struct spec *spec, const struct container *container,
		struct volumes *volumes, struct err *e)
{
	OWNED(storage_owned) struct storage *storage = NULL;

	if (mounts_read(&volumes->mounts, e) < 0 ||
	    open_volumes(spec, container, volumes, e) < 0 ||
	    volumes_written_find(spec, container, volumes, e) < 0 ||
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
		if (volumes_written_spare(container, volumes, volume, e) < 0)
			return -1;
		if (volume->facts.read_only &&
		    (kubelet_find(container, volumes->mounts, &volume->at,
				  &volume->kubelet, e) < 0 ||
		     volumes_written_compare(volumes, volume, e) < 0))
			return -1;
	}
	return volumes_written_add_reach(spec, storage_own(storage), volumes,
					 e);
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

	/* A container that writes a disk image chooses its folders' numbers. */
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
