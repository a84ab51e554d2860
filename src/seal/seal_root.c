#include "seal_root_internal.h"

#include "cache_internal.h"
#include "file.h"
#include "gc.h"
#include "place_internal.h"
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

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
	scratch = file_in(folder, SEAL_SCRATCH);
	if (!scratch)
		return err_set(e, ENOMEM, "open the layers");
	if (mkdir(scratch, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "create folder %s", scratch);
	rc = overlay_open_lower(overlay, scratch, ret_fd, e);
	(void)rmdir(scratch);
	return rc;
}

int seal_walk(const struct overlay *overlay, const char *folder,
	      struct container *container, struct manifest_builder *builder,
	      struct err *e)
{
	struct survey survey = {.counts = &container->counts.image,
				.prefix = "",
				.texts = true,
				.also = container->config.also,
				.also_count = container->config.also_count,
				.builder = builder};
	bool layers = container->overlay && overlay->layers.lower_known;
	OWNED(close_owned) int root = -1;

	if (open_image(overlay, layers, container, folder, &root, e) < 0 ||
	    survey_folder(&survey, root, e) < 0)
		return err_wrap(e, "seal the image");
	return 0;
}

static int make_manifest(const struct overlay *overlay, const char *folder,
			 struct container *container, struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();

	if (!builder)
		return err_set(e, ENOMEM, "seal the image");
	if (seal_walk(overlay, folder, container, builder, e) < 0)
		return -1;
	return survey_publish(builder, container->manifests[SEALED_IMAGE].path,
			      e);
}

static int unlink_own(const char *folder)
{
	OWNED(free_owned) char *path = file_in(folder, "image.manifest");

	if (!path)
		return -1;
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Describe the folder whose removal means that the root is gone: its upper one,
 * or the one that it is mounted in if its own number changes with each
 * mount. */
static void describe_root(const struct overlay *overlay,
			  const struct container *container,
			  struct buffer *text)
{
	OWNED(free_owned) char *above = NULL;

	if (container->overlay && overlay->layers.upper)
		place_describe(overlay->layers.upper, text);
	else if (!container->overlay && !layers_served(container->rootfs))
		place_describe(container->rootfs, text);
	else if ((above = file_in(container->rootfs, "..")))
		place_describe(above, text);
}

/* Make the first seal of a root file system without layers, with its place. */
static int make_first(const struct overlay *overlay, const char *folder,
		      const char *key, struct container *container,
		      struct err *e)
{
	const char *cache_dir = container->config.cache_dir;
	const char *path = container->manifests[SEALED_IMAGE].path;
	OWNED(free_owned) char *place = cache_path(cache_dir, CACHE_PLACE, key);
	OWNED(close_owned) int lock = -1;
	struct buffer text = BUFFER_INIT;

	if (!place)
		return err_set(e, ENOMEM, "open the cache");
	if (cache_lock(cache_dir, false, &lock, e) < 0)
		return -1;
	/* It was being looked at by a removal, or another create was first. */
	container->counts.cached = cache_hold(path);
	if (container->counts.cached)
		return 0;
	if (make_manifest(overlay, folder, container, e) < 0)
		return -1;
	if (!cache_hold(path))
		return err_set(e, ENOENT, "open the manifest %s", path);
	/* The seal is never removed without this file. */
	describe_root(overlay, container, &text);
	(void)!file_publish(place, text.data ? text.data : "", text.len, 0400,
			    NULL);
	buffer_clear(&text);
	close_owned(&lock);
	gc_by_itself(&container->config);
	return 0;
}

/* A root without layers has the seal of its first create, if its folder can be
 * distinguished from others that had its place; else it is sealed as it is
 * now. */
int seal_root(const struct overlay *overlay, const char *folder,
	      const char *key, struct container *container, struct err *e)
{
	struct manifest_file *image = &container->manifests[SEALED_IMAGE];

	image->path = cache_path(container->config.cache_dir, CACHE_ROOT, key);
	if (!image->path)
		return err_set(e, ENOMEM, "open the cache");
	container->counts.cached = cache_hold(image->path);
	if (container->counts.cached)
		return 0;
	return make_first(overlay, folder, key, container, e);
}

int seal_own(const struct overlay *overlay, const char *folder,
	     struct container *container, struct err *e)
{
	struct manifest_file *image = &container->manifests[SEALED_IMAGE];

	/* A crash may have left one, of another image. */
	if (unlink_own(folder) < 0)
		return err_set(e, errno, "remove the manifest in %s", folder);
	image->path = file_in(folder, "image.manifest");
	if (!image->path)
		return err_set(e, ENOMEM, "seal the image");
	return make_manifest(overlay, folder, container, e);
}
