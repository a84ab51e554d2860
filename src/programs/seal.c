#include "seal.h"

#include "file.h"
#include "overlay.h"
#include "sha256.h"
#include "stat.h"
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Files looked at for each device that has to be learned. */
enum { DEVICE_TRIES = 4096 };

/* *ret_unique turns false where a folder has no birth time: its inode may be
 * used again, for another image. */
static int key_folder(struct buffer *key, const char *path, bool *ret_unique,
		      struct err *e)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);
	struct identity id;
	int64_t birth;

	if (fd < 0 || stat_birth(fd, &id, &birth) < 0)
		return err_set(e, errno, "%s", path);
	*ret_unique = *ret_unique && birth != 0;
	buffer_printf(key, "%llx %llx %llx\n", (unsigned long long)id.dev,
		      (unsigned long long)id.ino, (unsigned long long)birth);
	return 0;
}

/*
 * What names the image: each layer by device, inode and birth time, since
 * paths and snapshot numbers are used again. A plain root is itself the
 * image, as it was at its first create: its folder's identity names it, so
 * that a second create doesn't bless what the first life dropped.
 */
static int image_key(const struct overlay *overlay, bool layers,
		     const char *rootfs, char ret[DIGEST_HEX], bool *ret_unique,
		     struct err *e)
{
	struct buffer key = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	int rc = 0;

	buffer_printf(&key, "%s\n", layers ? "layers" : "folder");
	for (size_t i = 0; layers && rc == 0 && i < overlay->lower_count; i++)
		rc = key_folder(&key, overlay->lower[i], ret_unique, e);
	if (!layers)
		rc = key_folder(&key, overlay->upper ? overlay->upper : rootfs,
				ret_unique, e);
	if (rc == 0 && buffer_failed(&key))
		rc = err_set(e, ENOMEM, "name the image");
	if (rc == 0)
		rc = sha256_bytes(key.data, key.len, digest, e);
	buffer_clear(&key);
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
	OWNED(close_owned) int root = -1;

	if (!builder)
		return err_set(e, ENOMEM, "seal the image");
	if (open_image(overlay, layers, container, folder, &root, e) < 0 ||
	    survey_folder(container, root, "", builder, e) < 0)
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

/* The root's own device, for files that are no layer's: an upper layer shows
 * it, and so does a plain folder. */
static void learn_root_device(struct container *container)
{
	struct identity id;

	if (container->device_count < MANIFEST_DEVICES_MAX &&
	    stat_identity(AT_FDCWD, container->rootfs, 0, &id) == 0)
		container->devices[container->device_count++] =
			(struct device_pair){UINT64_MAX, id.dev};
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

/* Where the image's manifest is, or will be. */
static int name_manifest(const struct overlay *overlay, bool layers,
			 const char *folder, struct container *container,
			 struct err *e)
{
	OWNED(free_owned) char *cache = NULL;
	char key[DIGEST_HEX];
	bool unique = true;
	int n;

	if (asprintf(&cache, "%s/manifests", container->config.cache_dir) < 0) {
		cache = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	if (file_make_dirs(cache, 0700, e) < 0 ||
	    image_key(overlay, layers, container->rootfs, key, &unique, e) < 0)
		return -1;
	n = unique ? asprintf(&container->manifest, "%s/%s.manifest", cache,
			      key)
		   : asprintf(&container->manifest, "%s/image.manifest",
			      folder);
	if (n < 0) {
		container->manifest = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	return 0;
}

static int use_manifest(struct container *container, struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = survey_read(container->manifest, &bytes, &manifest,
			     &container->manifest_sha256, e);

	if (rc == 0) {
		learn_devices(manifest, container);
		learn_root_device(container);
		container->sealed_files = manifest_count(manifest);
	}
	buffer_clear(&bytes);
	return rc;
}

static int seal_layers(const struct overlay *overlay, const char *folder,
		       struct container *container, struct err *e)
{
	bool layers = container->overlay && overlay->lower_known;

	if (name_manifest(overlay, layers, folder, container, e) < 0)
		return -1;
	container->cached =
		container->manifest && access(container->manifest, F_OK) == 0;
	if (!container->cached &&
	    make_manifest(overlay, layers, folder, container, e) < 0)
		return -1;
	return use_manifest(container, e);
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
	rc = seal_layers(&overlay, folder, container, e);
	container->overlay_writable = overlay.writable;
	container->upper = PTR_MOVE(overlay.upper);
	container->stat_trusted =
		overlay.lower_immutable && !can_forge_times(spec);
	container->reads_may_block = spec_may_block_reads(spec);
	overlay_clear(&overlay);
	if (rc == 0)
		warn_unreadable(container, log);
	return rc;
}

int seal_container(const struct spec *spec, const char *folder,
		   const struct log *log, struct container *container,
		   struct err *e)
{
	if (seal_image(spec, folder, log, container, e) < 0)
		return -1;
	return seal_volumes(spec, folder, container, e);
}
