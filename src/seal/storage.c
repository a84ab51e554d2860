#include "storage_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

struct storage_place {
	struct storage_place *next;
	struct location at;
	/* Volumes lie there as well: not everything below it is layers. */
	bool mixed;
};

struct storage {
	const struct mounts *mounts;
	struct storage_place *places;
	struct storage_place *own; /* root or upper layer; among the places */
	bool own_is_engines;
	uint64_t *overlays; /* devices of other containers' roots */
	size_t overlay_count;
};

void storage_owned(struct storage **storage)
{
	while (*storage && (*storage)->places) {
		struct storage_place *next = (*storage)->places->next;

		location_clear(&(*storage)->places->at);
		free((*storage)->places);
		(*storage)->places = next;
	}
	if (*storage)
		free((*storage)->overlays);
	free(*storage);
	*storage = NULL;
}

/* NULL if it doesn't exist, or with any other error in e. */
static struct storage_place *add(struct storage *storage, const char *path,
				 bool mixed, struct err *e)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);
	struct storage_place *place;

	e->code = 0;
	if (fd < 0)
		return NULL;
	place = calloc(1, sizeof(*place));
	if (!place || location_find(storage->mounts, fd, &place->at, e) < 0) {
		if (!place)
			(void)err_set(e, ENOMEM, "find engines' storage");
		free(place);
		return NULL;
	}
	place->mixed = mixed;
	place->next = storage->places;
	storage->places = place;
	return place;
}

/* STORAGE/ID/diff of docker's and podman's overlay drivers, STORAGE/NUMBER/fs
 * of containerd's: everything below STORAGE is layers. */
static char *layers_of(const char *upper)
{
	static const char *const patterns[] = {
		"*/overlay2/*/diff", "*/overlay/*/diff", "*/snapshots/*/fs"};
	char *folder = NULL;

	for (size_t i = 0; upper && !folder && i < ARRAY_LEN(patterns); i++)
		if (fnmatch(patterns[i], upper, 0) == 0)
			folder = strdup(upper);
	for (int up = 0; folder && up < 2; up++)
		*strrchr(folder, '/') = '\0';
	return folder;
}

static int add_own(struct storage *storage, const struct container *c,
		   struct err *e)
{
	OWNED(free_owned) char *layers = layers_of(c->upper);

	(void)add(storage, c->rootfs, false, e);
	storage->own = storage->places;
	if (!e->code && layers && add(storage, layers, false, e))
		storage->own_is_engines = true;
	if (!e->code && c->upper && add(storage, c->upper, false, e))
		storage->own = storage->places;
	/* Its other mounts have other numbers. */
	if (c->overlay && !c->upper)
		storage->own = NULL;
	return e->code ? -1 : 0;
}

static int add_upper(void *context, uint64_t device, const char *path,
		     struct err *e)
{
	struct storage *storage = context;
	uint64_t *more;

	(void)add(storage, path, false, e);
	if (e->code)
		return -1;
	more = reallocarray(storage->overlays, storage->overlay_count + 1,
			    sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "find engines' storage");
	storage->overlays = more;
	more[storage->overlay_count++] = device;
	return 0;
}

static int add_known(struct storage *storage, struct err *e)
{
	static const struct {
		const char *path;
		bool mixed;
	} known[] = {
		{"/var/lib/docker", true},
		{"/var/lib/docker/overlay2", false},
		{"/var/lib/docker/fuse-overlayfs", false},
		{"/var/lib/docker/btrfs", false},
		{"/var/lib/docker/zfs", false},
		{"/var/lib/docker/vfs", false},
		{"/var/lib/containers/storage", true},
		{"/var/lib/containers/storage/overlay", false},
		{"/var/lib/containers/storage/btrfs", false},
		{"/var/lib/containers/storage/vfs", false},
		{"/var/lib/containerd", true},
		{"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs",
		 false},
		{"/var/lib/containerd/io.containerd.snapshotter.v1.native",
		 false},
		{"/var/lib/containerd/io.containerd.snapshotter.v1.btrfs",
		 false},
		{"/var/lib/kubelet/pods", true},
		{"/run/containerd", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (!add(storage, known[i].path, known[i].mixed, e) && e->code)
			return -1;
	return 0;
}

int storage_find(const struct container *container, const struct mounts *mounts,
		 struct storage **ret, struct err *e)
{
	OWNED(storage_owned)
	struct storage *storage = calloc(1, sizeof(*storage));

	if (!storage)
		return err_set(e, ENOMEM, "find engines' storage");
	storage->mounts = mounts;
	if (add_own(storage, container, e) < 0 || add_known(storage, e) < 0 ||
	    mounts_uppers(mounts, add_upper, storage, e) < 0)
		return -1;
	*ret = PTR_MOVE(storage);
	return 0;
}

bool storage_reaches(const struct storage *storage, const struct location *at)
{
	for (size_t i = 0; i < storage->overlay_count; i++)
		if (storage->overlays[i] == at->device)
			return true;
	for (const struct storage_place *place = storage->places; place;
	     place = place->next) {
		enum relation relation = location_relation(at, &place->at);

		if (relation == LOCATION_SAME || relation == LOCATION_ABOVE ||
		    (relation == LOCATION_BELOW && !place->mixed))
			return true;
	}
	return false;
}

const struct location *storage_own(const struct storage *storage)
{
	return storage->own && !storage->own_is_engines ? &storage->own->at
							: NULL;
}

static bool is_managed_kind(const char *name)
{
	static const char *const kinds[] = {
		"kubernetes.io~configmap/", "kubernetes.io~secret/",
		"kubernetes.io~projected/", "kubernetes.io~downward-api/"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

/* KUBELET/pods/UID/volumes/KIND/NAME; the first such name counts, since the
 * pod's containers choose what is below. */
size_t storage_managed(const char *path, const char *pod)
{
	static const char pods[] = "/pods/", volumes[] = "/volumes/";
	const char *at = strstr(path, pods);
	const char *uid = at ? at + strlen(pods) : NULL;
	size_t len = uid ? strcspn(uid, "/") : 0;

	if (!len || strncmp(uid + len, volumes, strlen(volumes)) != 0 ||
	    !is_managed_kind(uid + len + strlen(volumes)))
		return 0;
	if (pod && (strlen(pod) != len || strncmp(pod, uid, len) != 0))
		return 0;
	return (size_t)(uid - path) + len;
}
