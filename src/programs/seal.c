#include "seal.h"

#include "features.h"
#include "file.h"
#include "filesystem.h"
#include "overlay.h"
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

#define SEAL_FORMAT "\nmanifest 2" /* what it lists, and how */

/* Files looked at for each device that has to be learned. */
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

	/* Another format, another name: an older one isn't damaged. */
	buffer_append(&name, SEAL_FORMAT, strlen(SEAL_FORMAT));
	if (rc == 0)
		rc = sha256_bytes(name.data, name.len, digest, e);
	buffer_clear(&name);
	if (rc == 0)
		sha256_hex(digest, ret);
	return rc;
}

static int open_image(const struct overlay *overlay, bool layers,
		      const struct container *container, const char *folder,
		      int *ret_fd, struct err *e)
{
	OWNED(free_owned) char *scratch = NULL;
	int rc;

	if (!layers) {
		*ret_fd = open(container->rootfs,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return *ret_fd < 0 ? err_set(e, errno,
					     "open the root file system %s",
					     container->rootfs)
				   : 0;
	}
	if (asprintf(&scratch, "%s/" SEAL_SCRATCH, folder) < 0) {
		scratch = NULL;
		return err_set(e, ENOMEM, "open the layers");
	}
	if (mkdir(scratch, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "create folder %s", scratch);
	rc = overlay_open_lower(overlay, scratch, ret_fd, e);
	(void)rmdir(scratch);
	return rc;
}

static int make_manifest(const struct overlay *overlay, bool layers,
			 const char *folder, struct container *container,
			 struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	struct survey survey = {
		.counts = container, .prefix = "", .texts = true};
	OWNED(close_owned) int root = -1;

	if (!builder)
		return err_set(e, ENOMEM, "seal the image");
	survey.builder = builder;
	if (open_image(overlay, layers, container, folder, &root, e) < 0 ||
	    survey_folder(&survey, root, e) < 0)
		return err_wrap(e, "seal the image");
	return survey_publish(builder, container->manifest, e);
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
		if (pair_known(container, entry.identity.dev))
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

/* Files of an upper layer on another file system than the lower ones show a
 * device that nothing of the image does: ask one that has no name. */
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

/* Who sets the clock, or writes to the disk below the file system, sets a
 * ctime. */
static bool can_forge_times(const struct spec *spec)
{
	return spec_has_capability(spec, "CAP_SYS_TIME") ||
	       spec_has_capability(spec, "CAP_SYS_RAWIO") ||
	       spec_allows_raw_devices(spec);
}

static void warn_unreadable(const struct container *container,
			    const struct log *log)
{
	const char *first = "";

	if (!container->unreadable_count)
		return;
	(void)json_string(json_at(container->unreadable, 0), &first);
	log_write(log, LOG_LEVEL_WARNING,
		  "%llu files of %s could not be read, as %s: they are not "
		  "part of the image, and can't run",
		  (unsigned long long)container->unreadable_count,
		  container->rootfs, first);
}

static int unlink_own(const char *folder)
{
	OWNED(free_owned) char *path = NULL;

	if (asprintf(&path, "%s/image.manifest", folder) < 0) {
		path = NULL;
		return -1;
	}
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Where the image's manifest is, or will be. */
static int name_manifest(const struct overlay *overlay, const char *folder,
			 struct container *container, struct err *e)
{
	OWNED(free_owned) char *cache = NULL;
	char key[DIGEST_HEX];
	bool shared = true;
	int n;

	if (asprintf(&cache, "%s/manifests", container->config.cache_dir) < 0) {
		cache = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	if (file_make_dirs(cache, 0700, e) < 0 ||
	    image_key(overlay, container, key, &shared, e) < 0)
		return -1;
	/* A crash may have left one, of another image. */
	if (!shared && unlink_own(folder) < 0)
		return err_set(e, errno, "remove the manifest in %s", folder);
	n = shared ? asprintf(&container->manifest, "%s/%s.manifest", cache,
			      key)
		   : asprintf(&container->manifest, "%s/image.manifest",
			      folder);
	if (n < 0) {
		container->manifest = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	return 0;
}

/*
 * The proof asks which file a mapping is of. Rootless that can't be asked, but
 * read from numbers where they are a name: tried with a file of the image.
 */
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

static int use_manifest(struct container *container, struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = survey_read(container->manifest, &bytes, &manifest,
			     &container->manifest_sha256, e);

	if (rc == 0)
		rc = choose_proof(manifest, container, e);
	if (rc == 0) {
		learn_devices(manifest, container);
		learn_root_device(container);
		learn_upper_device(container);
		container->sealed_files = manifest_count(manifest);
	}
	buffer_clear(&bytes);
	return rc;
}

static int seal_layers(const struct overlay *overlay, const char *folder,
		       struct container *container, struct err *e)
{
	bool layers = container->overlay && overlay->layers.lower_known;

	if (name_manifest(overlay, folder, container, e) < 0)
		return -1;
	container->cached =
		container->manifest && access(container->manifest, F_OK) == 0;
	if (!container->cached &&
	    make_manifest(overlay, layers, folder, container, e) < 0)
		return -1;
	return use_manifest(container, e);
}

/* fuse-overlayfs, say. */
static bool root_may_block(const char *rootfs)
{
	OWNED(close_owned) int fd = open(rootfs, O_PATH | O_CLOEXEC);

	return fd < 0 || filesystem_may_block(fd);
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
	rc = seal_layers(&overlay, folder, container, e);
	container->upper = PTR_MOVE(overlay.layers.upper);
	container->stat_trusted =
		overlay.lower_immutable && !can_forge_times(spec);
	container->reads_may_block =
		spec_may_block_reads(spec) || root_may_block(container->rootfs);
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
	/* The runtime itself will say what is wrong with it. */
	if (stat(path, &st) < 0)
		return 0;
	container_name_source(&st, name);
	return json_append(container->sources, json_new_string(name)) < 0
		       ? err_set(e, ENOMEM, "list the mounts")
		       : 0;
}

/* What hooks add before the start is sealed, at the start. Who can forge
 * times could have its own files taken for theirs. */
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
	container->drivers = spec_drivers(spec);
	if (!container->drivers)
		return err_set(e, ENOMEM, "list the devices");
	if (expect_hooks(spec, container, e) < 0)
		return -1;
	return seal_volumes(spec, folder, container, e);
}
