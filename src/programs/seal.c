#include "seal.h"

#include "file.h"
#include "overlay.h"
#include "rootfs.h"
#include "sha256.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	MANIFEST_BYTES_MAX = 1 << 30,
	UNREADABLE_LISTED = 16,
	PROGRESS_AFTER_MS = 1000,
	PROGRESS_EVERY_MS = 200,
	/* A file that changed this shortly before it was hashed may change
	 * again within the same tick of its clock ("racily clean"): longer
	 * than a tick of the slowest kernel, CONFIG_HZ=100. */
	RACY_NS = 50 * 1000 * 1000,
	DEVICE_TRIES = 4096,
};

/* One walk. */
struct walk {
	struct manifest_builder *builder;
	struct container *container;
	const char *prefix; /* of the paths, for volumes */
	int64_t started_ms;
	int64_t shown_ms;
	int64_t racy_ns; /* a later ctime is too fresh */
	bool terminal;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * 1000000000 + now.tv_nsec;
}

static int on_found(void *context, const struct rootfs_file *file,
		    struct err *e)
{
	struct walk *walk = context;
	struct buffer path = BUFFER_INIT;
	struct entry entry = {
		.interpreter = file->interpreter,
		.kind = file->kind,
		.identity = file->identity,
		.racy = file->identity.ctime_ns > walk->racy_ns,
	};
	int rc;

	buffer_append(&path, walk->prefix, strlen(walk->prefix));
	buffer_append(&path, file->path, file->path_len);
	if (buffer_failed(&path))
		return err_set(e, ENOMEM, "collect the manifest");
	entry.path = path.data;
	entry.path_len = path.len;
	memcpy(entry.digest, file->digest, DIGEST_SIZE);
	rc = manifest_builder_add(walk->builder, &entry, e);
	buffer_clear(&path);
	walk->container->sealed_files++;
	walk->container->sealed_bytes += file->identity.size;
	return rc;
}

static void on_unreadable(void *context, const char *path, int error)
{
	struct walk *walk = context;
	struct container *c = walk->container;

	(void)error;
	c->unreadable_count++;
	if (!c->unreadable)
		c->unreadable = json_new_array();
	if (c->unreadable && json_count(c->unreadable) < UNREADABLE_LISTED)
		(void)!json_append(c->unreadable,
				   json_new_string(*path ? path : "/"));
}

/* Long work shows itself, to a person only. */
static void on_progress(void *context, uint64_t files, uint64_t bytes)
{
	struct walk *walk = context;
	int64_t now = clock_ns(CLOCK_MONOTONIC) / 1000000;

	if (!walk->terminal || now - walk->started_ms < PROGRESS_AFTER_MS ||
	    now - walk->shown_ms < PROGRESS_EVERY_MS)
		return;
	walk->shown_ms = now;
	(void)fprintf(stderr,
		      "\rrunmoor: sealing the image: %llu executables, "
		      "%llu MiB ",
		      (unsigned long long)files,
		      (unsigned long long)(bytes >> 20));
}

static int walk_tree(struct container *container, int root, const char *prefix,
		     struct manifest_builder *builder, struct err *e)
{
	struct walk walk = {
		.builder = builder,
		.container = container,
		.prefix = prefix,
		.started_ms = clock_ns(CLOCK_MONOTONIC) / 1000000,
		.racy_ns = clock_ns(CLOCK_REALTIME) - RACY_NS,
		.terminal = isatty(STDERR_FILENO),
	};
	const struct rootfs_walk how = {root, &walk, on_found, on_unreadable,
					on_progress};
	int rc = rootfs_walk(&how, e);

	if (walk.shown_ms)
		(void)fprintf(stderr, "\r\033[K");
	return rc;
}

/* ---- the image ---- */

static int key_folder(struct buffer *key, const char *path, struct err *e)
{
	OWNED(close_owned) int fd = open(path, O_PATH | O_CLOEXEC);
	struct identity id;
	int64_t birth;

	if (fd < 0 || stat_birth(fd, &id, &birth) < 0)
		return err_set(e, errno, "%s", path);
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
		     const char *rootfs, char ret[DIGEST_HEX], struct err *e)
{
	struct buffer key = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	int rc = 0;

	buffer_printf(&key, "%s\n", layers ? "layers" : "folder");
	for (size_t i = 0; layers && rc == 0 && i < overlay->lower_count; i++)
		rc = key_folder(&key, overlay->lower[i], e);
	if (!layers)
		rc = key_folder(&key, overlay->upper ? overlay->upper : rootfs,
				e);
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
	struct buffer bytes = BUFFER_INIT;
	int rc;

	if (!builder)
		return err_set(e, ENOMEM, "seal the image");
	if (open_image(overlay, layers, container, folder, &root, e) < 0 ||
	    walk_tree(container, root, "", builder, e) < 0)
		return err_wrap(e, "seal the image");
	rc = manifest_builder_write(builder, &bytes, e);
	if (rc == 0)
		rc = file_publish(container->manifest, bytes.data, bytes.len,
				  0400, e);
	buffer_clear(&bytes);
	return rc;
}

/* Read, check and digest the manifest at path. The caller keeps bytes as long
 * as the manifest. */
static int read_manifest(const char *path, struct buffer *bytes,
			 struct manifest **ret, char **ret_hex, struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];

	if (file_read(AT_FDCWD, path, MANIFEST_BYTES_MAX, bytes, e) < 0)
		return -1;
	if (manifest_parse(bytes->data, bytes->len, ret, e) < 0)
		return err_wrap(e,
				"%s: remove it to have the image sealed again",
				path);
	if (sha256_bytes(bytes->data, bytes->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, hex);
	*ret_hex = strdup(hex);
	return *ret_hex ? 0 : err_set(e, ENOMEM, "read %s", path);
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
			 struct container *container, struct err *e)
{
	OWNED(free_owned) char *cache = NULL;
	char key[DIGEST_HEX];

	if (asprintf(&cache, "%s/manifests", container->config.cache_dir) < 0) {
		cache = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	if (file_make_dirs(cache, 0700, e) < 0 ||
	    image_key(overlay, layers, container->rootfs, key, e) < 0)
		return -1;
	if (asprintf(&container->manifest, "%s/%s.manifest", cache, key) < 0) {
		container->manifest = NULL;
		return err_set(e, ENOMEM, "open the cache");
	}
	return 0;
}

static int use_manifest(struct container *container, struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = read_manifest(container->manifest, &bytes, &manifest,
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

	if (name_manifest(overlay, layers, container, e) < 0)
		return -1;
	container->cached = access(container->manifest, F_OK) == 0;
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

/* ---- the volumes ---- */

static int seal_volume(const struct container *container,
		       const struct spec_mount *mount,
		       struct manifest_builder *builder,
		       struct container *counts, struct err *e)
{
	OWNED(free_owned) char *path = NULL;
	OWNED(close_owned) int fd = -1;
	struct stat st;

	if (asprintf(&path, "%s%s%s",
		     mount->source[0] == '/' ? "" : container->bundle,
		     mount->source[0] == '/' ? "" : "/", mount->source) < 0) {
		path = NULL;
		return err_set(e, ENOMEM, "seal a volume");
	}
	fd = open(path, O_PATH | O_CLOEXEC);
	/* The runtime itself will say what is wrong with it. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return walk_tree(counts, fd, mount->destination, builder, e);
	if (S_ISREG(st.st_mode)) {
		struct walk walk = {
			.builder = builder,
			.container = counts,
			.prefix = mount->destination,
			.racy_ns = INT64_MAX,
		};
		const struct rootfs_walk how = {fd, &walk, on_found,
						on_unreadable, NULL};

		return rootfs_file(&how, path, e);
	}
	return 0;
}

static bool is_sealed_volume(const struct config *config,
			     const struct spec_mount *mount)
{
	enum volume_rule rule = mount->read_only ? config->volumes_read_only
						 : config->volumes_writable;

	return mount->bind && mount->source && mount->destination &&
	       rule == VOLUME_SEAL;
}

static int seal_volumes(const struct spec *spec, const char *folder,
			struct container *container, struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct container counts = {0};
	struct buffer bytes = BUFFER_INIT;
	int rc = builder ? 0 : err_set(e, ENOMEM, "seal the volumes");

	for (size_t i = 0; rc == 0 && i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (is_sealed_volume(&container->config, &mount))
			rc = seal_volume(container, &mount, builder, &counts,
					 e);
	}
	json_free(counts.unreadable);
	if (rc < 0 || counts.sealed_files == 0)
		return rc;
	rc = manifest_builder_write(builder, &bytes, e);
	if (rc == 0 &&
	    asprintf(&container->volumes, "%s/volumes.manifest", folder) < 0) {
		container->volumes = NULL;
		rc = err_set(e, ENOMEM, "seal the volumes");
	}
	if (rc == 0)
		rc = file_publish(container->volumes, bytes.data, bytes.len,
				  0400, e);
	buffer_clear(&bytes);
	if (rc == 0)
		rc = read_manifest(container->volumes, &bytes, &manifest,
				   &container->volumes_sha256, e);
	buffer_clear(&bytes);
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
