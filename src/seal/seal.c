#include "seal.h"

#include "cgroups_internal.h"
#include "features.h"
#include "filesystem.h"
#include "overlay.h"
#include "seal_below_internal.h"
#include "seal_binfmt_internal.h"
#include "seal_layers_internal.h"
#include "seal_root_internal.h"
#include "sha256.h"
#include "stat.h"
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROOTLESS_REFUSED                                                       \
	"rootless, what a program maps can't be told on %s: its layers must "  \
	"lie on one file system, and not on btrfs (or run runmoor as root)"

#define SEAL_FORMAT "\nmanifest 3" /* version of its content */

/* Files that are tried for each device that has to be learned. */
enum { DEVICE_TRIES = 4096 };

/* The image's name, and that of its manifest in the cache. */
static int image_key(const struct overlay *overlay,
		     const struct container *container, char ret[DIGEST_HEX],
		     bool *ret_shared, struct err *e)
{
	struct buffer name = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	int rc = layers_name(container->overlay ? &overlay->layers : NULL,
			     container->rootfs, &name, ret_shared, e);

	/* Another format has another name, so that an older one doesn't count
	 * as damaged. */
	buffer_append(&name, SEAL_FORMAT, strlen(SEAL_FORMAT));
	if (rc == 0)
		rc = sha256_bytes(name.data, name.len, digest, e);
	buffer_clear(&name);
	if (rc == 0)
		sha256_hex(digest, ret);
	return rc;
}

static bool pair_known(const struct container *container, uint64_t walked)
{
	for (size_t i = 0; i < container->device_count; i++)
		if (container->devices[i].walked == walked)
			return true;
	return false;
}

/*
 * The seal saw the layers by other device numbers than the container's mount
 * shows. Learn the pairs from files that are unchanged in both.
 */
static void learn_devices(const struct manifest *manifest,
			  struct container *container)
{
	OWNED(close_owned)
	int root = open(container->rootfs, O_PATH | O_CLOEXEC);
	size_t misses = 0;

	for (size_t i = 0; i < manifest_count(manifest); i++) {
		struct device_pair *pair =
			&container->devices[container->device_count];
		struct identity id;
		struct entry entry;

		manifest_entry(manifest, i, &entry);
		if (entry.identity.ino == 0 ||
		    pair_known(container, entry.identity.dev))
			continue;
		if (container->device_count == MANIFEST_DEVICES_MAX ||
		    misses++ > DEVICE_TRIES)
			return;
		if (stat_identity(root, entry.path + 1, AT_SYMLINK_NOFOLLOW,
				  &id) < 0 ||
		    !identity_same_content(&id, &entry.identity))
			continue;
		*pair = (struct device_pair){entry.identity.dev, id.dev};
		container->device_count++;
	}
}

static void learn_device(struct container *container, const struct identity *id)
{
	if (container->device_count < MANIFEST_DEVICES_MAX)
		container->devices[container->device_count++] =
			(struct device_pair){UINT64_MAX, id->dev};
}

/* Files of an upper layer on another file system than the lower ones have a
 * device that no file of the image has: find it by a file without a name. */
static void learn_upper_device(struct container *container)
{
	OWNED(close_owned) int fd = -1;
	struct identity id;

	if (!container->overlay_writable)
		return;
	fd = open(container->rootfs, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0 && stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0)
		learn_device(container, &id);
}

/* The root's own device, for files that are no layer's: an upper layer shows
 * it, and so does a plain folder. */
static void learn_root_device(struct container *container)
{
	struct identity id;

	if (stat_identity(AT_FDCWD, container->rootfs, 0, &id) == 0)
		learn_device(container, &id);
}

/* A container that sets the clock, or writes to the disk below the file system,
 * can set a ctime. */
static bool can_forge_times(const struct spec *spec)
{
	return spec_has_capability(spec, "CAP_SYS_TIME") ||
	       spec_has_capability(spec, "CAP_SYS_RAWIO") ||
	       spec_allows_raw_devices(spec);
}

static void warn_unreadable(const struct container *container,
			    const struct log *log)
{
	const struct survey_counts *counts = &container->counts.image;
	const char *first = "";

	if (!counts->unreadable_count)
		return;
	(void)json_string(json_at(counts->unreadable, 0), &first);
	log_write(log, LOG_LEVEL_WARNING,
		  "%llu files of %s could not be read, as %s: they are not "
		  "part of the image, and can't run",
		  (unsigned long long)counts->unreadable_count,
		  container->rootfs, first);
}

/* The proof asks the kernel for the mapped file. Rootless it can't, but the
 * numbers in maps identify the file if they are unique: tried with a file of
 * the image. */
static int choose_proof(const struct manifest *manifest,
			struct container *container, struct err *e)
{
	OWNED(close_owned) int root = -1;

	if (features_map_files())
		return 0;
	container->mapped_by_number = true;
	root = open(container->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < manifest_count(manifest); i++) {
		OWNED(close_owned) int fd = -1;
		struct entry entry;

		manifest_entry(manifest, i, &entry);
		fd = openat(root, entry.path + 1,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0)
			return features_numbers_agree(fd)
				       ? 0
				       : err_set(e, ENOTSUP, ROOTLESS_REFUSED,
						 container->rootfs);
	}
	return 0;
}

static int use_manifest(const struct manifest *manifest,
			struct container *container, struct err *e)
{
	if (choose_proof(manifest, container, e) < 0)
		return -1;
	learn_devices(manifest, container);
	learn_root_device(container);
	learn_upper_device(container);
	container->counts.image.files = manifest_count(manifest);
	return 0;
}

static int get_manifest(const struct overlay *overlay, const char *folder,
			struct container *container, struct sealed_image *image,
			struct err *e)
{
	struct manifest_file *file = &container->manifests[SEALED_IMAGE];
	char key[DIGEST_HEX];
	bool shared = true;
	int rc;

	if (image_key(overlay, container, key, &shared, e) < 0)
		return -1;
	if (shared && container->overlay && overlay->layers.lower_known)
		return seal_layers(overlay, key, folder, container, image, e);
	rc = shared ? seal_root(overlay, folder, key, container, e)
		    : seal_own(overlay, folder, container, e);
	return rc < 0 ? -1
		      : survey_read(file->path, &image->bytes, &image->manifest,
				    &file->sha256, e);
}

static int seal_and_use(const struct overlay *overlay, const char *folder,
			struct container *container, struct err *e)
{
	struct sealed_image image = {.bytes = BUFFER_INIT};
	int rc = get_manifest(overlay, folder, container, &image, e);

	if (rc == 0)
		rc = use_manifest(image.manifest, container, e);
	sealed_image_clear(&image);
	return rc;
}

/* True for fuse-overlayfs, for example. */
static bool root_may_block(const char *rootfs)
{
	OWNED(close_owned) int fd = open(rootfs, O_PATH | O_CLOEXEC);

	return fd < 0 || filesystem_may_block(fd);
}

static int list_lowers(const struct layers *layers, struct container *container,
		       struct err *e)
{
	container->lowers = json_new_array();
	for (size_t i = 0; i < layers->lower_count; i++)
		if (!container->lowers ||
		    json_append(container->lowers,
				json_new_string(layers->lower[i])) < 0)
			return err_set(e, ENOMEM, "list the layers");
	return 0;
}

static int seal_image(const struct spec *spec, const char *folder,
		      const struct log *log, struct container *container,
		      struct err *e)
{
	struct overlay overlay = {0};
	int rc;

	if (overlay_find(container->rootfs, &container->overlay, &overlay, e) <
	    0)
		return -1;
	container->overlay_writable = overlay.layers.writable;
	rc = seal_and_use(&overlay, folder, container, e);
	container->upper = PTR_MOVE(overlay.layers.upper);
	container->stat_trusted =
		overlay.lower_immutable && !can_forge_times(spec);
	container->reads_may_block =
		spec_may_block_reads(spec) || root_may_block(container->rootfs);
	if (rc == 0)
		rc = seal_learn_below(&overlay.layers, container, e);
	if (rc == 0 && container->stat_trusted)
		rc = list_lowers(&overlay.layers, container, e);
	overlay_clear(&overlay);
	if (rc == 0)
		warn_unreadable(container, log);
	return rc;
}

static int add_source(struct container *container, const char *source,
		      struct err *e)
{
	OWNED(free_owned) char *path = container_source(container, source);
	struct stat st;
	char name[64];

	if (!path)
		return err_set(e, ENOMEM, "list the mounts");
	/* The runtime itself reports the error. */
	if (stat(path, &st) < 0)
		return 0;
	container_name_source(&st, name);
	return json_append(container->sources, json_new_string(name)) < 0
		       ? err_set(e, ENOMEM, "list the mounts")
		       : 0;
}

/* Files that hooks add are sealed at the start. A container that can forge
 * times could pass off its own files as theirs. */
static int expect_hooks(const struct spec *spec, struct container *container,
			struct err *e)
{
	if (container->config.hooks != HOOKS_SEAL ||
	    !spec_has_start_hooks(spec) || can_forge_times(spec))
		return 0;
	container->hooks_added = true;
	container->mounts = json_new_array();
	container->sources = json_new_array();
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (mount.destination &&
		    json_append(container->mounts,
				json_new_string(mount.destination)) < 0)
			return err_set(e, ENOMEM, "list the mounts");
		if (mount.bind && mount.source &&
		    add_source(container, mount.source, e) < 0)
			return -1;
	}
	return container->mounts && container->sources
		       ? 0
		       : err_set(e, ENOMEM, "list the mounts");
}

int seal_container(const struct spec *spec, const char *folder,
		   const struct log *log, struct container *container,
		   struct err *e)
{
	if (seal_image(spec, folder, log, container, e) < 0)
		return -1;
	container->cgroups_left = cgroups_can_be_left(spec, container);
	container->drivers = spec_drivers(spec);
	if (!container->drivers)
		return err_set(e, ENOMEM, "list the devices");
	if (expect_hooks(spec, container, e) < 0)
		return -1;
	if (seal_binfmt(container, e) < 0)
		return -1;
	return seal_volumes(spec, folder, log, container, e);
}
