#include "seal_layers_internal.h"

#include "cache_internal.h"
#include "gc.h"
#include "layer.h"
#include "manifest_merge.h"
#include "place_internal.h"
#include "privilege.h"
#include "seal_root_internal.h"
#include "sha256.h"
#include "survey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LAYER_FORMAT "layer 1\n"

enum {
	/* The number of names of the uppermost layer that each create with an
	 * unknown chain reads: docker's own layers have a dozen. */
	ALIKE_NAMES = 64,
	ALIKE_BYTES = 64 * 1024,
};

/* A layer that was read. */
struct part {
	struct buffer bytes;
	struct manifest *manifest;
	char key[DIGEST_HEX];
};

/* The layers of one image. */
struct stack {
	const struct overlay *overlay;
	struct container *container;
	bool user_marks;
	struct part *parts;   /* as many as the overlay has */
	size_t first;	      /* 1: the uppermost is an engine's own */
	char key[DIGEST_HEX]; /* of the chain */
};

void sealed_image_clear(struct sealed_image *image)
{
	manifest_free(image->manifest);
	image->manifest = NULL;
	buffer_clear(&image->bytes);
}

static void parts_clear(struct stack *stack)
{
	for (size_t i = 0; i < stack->overlay->layers.lower_count; i++) {
		manifest_free(stack->parts[i].manifest);
		buffer_clear(&stack->parts[i].bytes);
	}
	free(stack->parts);
}

static int hash_text(struct buffer *text, char ret[DIGEST_HEX], struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	int rc = buffer_failed(text)
			 ? err_set(e, ENOMEM, "name the layers")
			 : sha256_bytes(text->data, text->len, digest, e);

	buffer_clear(text);
	if (rc == 0)
		sha256_hex(digest, ret);
	return rc;
}

static int name_layer(const struct stack *stack, size_t index, struct err *e)
{
	struct buffer text = BUFFER_INIT;
	bool unique = true;

	buffer_printf(&text, LAYER_FORMAT "%d\n", stack->user_marks);
	if (layers_name_folder(stack->overlay->layers.lower[index], &text,
			       &unique, e) < 0) {
		buffer_clear(&text);
		return -1;
	}
	return hash_text(&text, stack->parts[index].key, e);
}

/* The chain's name if the uppermost layer is identified by its content. */
static int name_chain(struct stack *stack, struct err *e)
{
	const struct part *top = &stack->parts[0];
	struct buffer text = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	bool unique = true;
	int rc = sha256_bytes(top->bytes.data, top->bytes.len, digest, e);

	if (rc == 0)
		sha256_hex(digest, hex);
	if (rc == 0)
		buffer_printf(&text, LAYER_FORMAT "%d\nalike %s\n",
			      stack->user_marks, hex);
	for (size_t i = 1; rc == 0 && i < stack->overlay->layers.lower_count;
	     i++)
		rc = layers_name_folder(stack->overlay->layers.lower[i], &text,
					&unique, e);
	if (rc == 0)
		return hash_text(&text, stack->key, e);
	buffer_clear(&text);
	return rc;
}

/* Walk one layer. ENOTSUP, E2BIG: as in layer.h. */
static int walk_layer(const struct stack *stack, size_t index,
		      const struct layer_limit *limit, struct part *ret,
		      struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(layer_owned)
	struct layer *layer = layer_new(stack->user_marks, limit);
	OWNED(survey_counts_clear) struct survey_counts counts = {0};
	struct survey survey = {
		.counts = &counts,
		.prefix = "",
		.texts = true,
		.builder = builder,
		.layer = layer,
		.alike = limit != NULL,
	};
	OWNED(close_owned) int root = -1;
	int rc;

	if (!builder || !layer)
		return err_set(e, ENOMEM, "seal a layer");
	if (layer_open(stack->overlay->layers.lower[index], &root,
		       &survey.device, e) < 0)
		return -1;
	rc = survey_folder(&survey, root, e);
	/* The names that such a folder hides aren't known. */
	if (rc == 0 && counts.unreadable_count)
		rc = err_set(e, ENOTSUP, "read a layer");
	if (rc == 0)
		rc = manifest_builder_write(builder, &ret->bytes, e);
	if (rc == 0)
		rc = manifest_parse_layer(ret->bytes.data, ret->bytes.len,
					  &ret->manifest, e);
	if (rc == 0 && !limit)
		stack->container->counts.image.bytes += counts.bytes;
	return rc;
}

static int get_layer(const struct stack *stack, size_t index, struct err *e)
{
	const char *cache_dir = stack->container->config.cache_dir;
	struct part *part = &stack->parts[index];

	if (name_layer(stack, index, e) < 0)
		return -1;
	if (cache_read_layer(cache_dir, part->key, &part->bytes,
			     &part->manifest) == 0)
		return 0;
	if (walk_layer(stack, index, NULL, part, e) < 0)
		return -1;
	return cache_write_layer(cache_dir, part->key, &part->bytes, e);
}

static int merge(const struct stack *stack, struct manifest_builder *builder,
		 struct err *e)
{
	const struct manifest *manifests[LAYERS_MAX];
	size_t count = stack->overlay->layers.lower_count;

	for (size_t i = stack->first; i < count; i++)
		if (get_layer(stack, i, e) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		manifests[i] = stack->parts[i].manifest;
	return manifest_merge(manifests, count, builder, e);
}

/* Merge the layers, or, if their names aren't enough, have the kernel merge
 * them. */
static int collect(const struct stack *stack, const char *folder,
		   struct manifest_builder *builder, struct err *e)
{
	struct container *container = stack->container;

	if (stack->user_marks || !privilege_rootless()) {
		if (merge(stack, builder, e) == 0)
			return 0;
		if (e->code != ENOTSUP)
			return -1;
	}
	container->counts.image.bytes = 0;
	return seal_walk(stack->overlay, folder, container, builder, e);
}

/* Describe the chain, so that gc recognizes when it isn't needed any more. */
static void describe(const struct stack *stack, struct buffer *text)
{
	for (size_t i = stack->first; i < stack->overlay->layers.lower_count;
	     i++) {
		if (stack->parts[i].key[0])
			buffer_printf(text, "layer %s\n", stack->parts[i].key);
		place_describe(stack->overlay->layers.lower[i], text);
	}
}

static int make(const struct stack *stack, const char *folder,
		char ret[DIGEST_HEX], struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	const char *cache_dir = stack->container->config.cache_dir;
	struct buffer text = BUFFER_INIT;
	int rc;

	if (!builder)
		return err_set(e, ENOMEM, "seal the image");
	if (collect(stack, folder, builder, e) < 0 ||
	    cache_publish(cache_dir, builder, ret, e) < 0)
		return -1;
	describe(stack, &text);
	rc = cache_write_chain(cache_dir, stack->key, ret, &text, e);
	buffer_clear(&text);
	return rc;
}

/* Use and hold the manifest of this digest; a damaged one is removed. */
static int use(const char *digest, struct container *container,
	       struct sealed_image *ret, struct err *e)
{
	OWNED(free_owned)
	char *path =
		cache_path(container->config.cache_dir, CACHE_MANIFEST, digest);
	OWNED(free_owned) char *hex = NULL;

	if (!path)
		return err_set(e, ENOMEM, "open the manifest");
	if (!cache_hold(path))
		return err_set(e, ENOENT, "open the manifest %s", path);
	if (survey_read(path, &ret->bytes, &ret->manifest, &hex, e) < 0 ||
	    strcmp(hex, digest) != 0) {
		sealed_image_clear(ret);
		(void)unlink(path);
		return err_set(e, EBADMSG, "the manifest %s is damaged", path);
	}
	container->manifests[SEALED_IMAGE] =
		(struct manifest_file){PTR_MOVE(path), PTR_MOVE(hex)};
	return 0;
}

static bool find(const struct stack *stack, struct sealed_image *ret)
{
	char digest[DIGEST_HEX];
	struct err e;

	return cache_read_chain(stack->container->config.cache_dir, stack->key,
				digest) == 0 &&
	       use(digest, stack->container, ret, &e) == 0;
}

/* If the uppermost layer is an engine's own, find the image as for any other
 * container. */
static bool find_alike(struct stack *stack, struct sealed_image *ret)
{
	const struct layer_limit limit = {ALIKE_NAMES, ALIKE_BYTES};
	struct part *top = &stack->parts[0];
	struct err e;

	if (stack->overlay->layers.lower_count < 2 ||
	    (!stack->user_marks && privilege_rootless()) ||
	    walk_layer(stack, 0, &limit, top, &e) < 0 ||
	    !manifest_is_bare(top->manifest)) {
		manifest_free(top->manifest);
		top->manifest = NULL;
		buffer_clear(&top->bytes);
		return false;
	}
	if (name_chain(stack, &e) < 0)
		return false;
	stack->first = 1;
	return find(stack, ret);
}

static int make_and_use(const struct stack *stack, const char *folder,
			struct sealed_image *ret, struct err *e)
{
	const char *cache_dir = stack->container->config.cache_dir;
	OWNED(close_owned) int lock = -1;
	char digest[DIGEST_HEX];

	if (cache_lock(cache_dir, false, &lock, e) < 0 ||
	    make(stack, folder, digest, e) < 0)
		return err_wrap(e, "seal the image");
	/* A damaged manifest may have been in its place. */
	if (use(digest, stack->container, ret, e) < 0 &&
	    (make(stack, folder, digest, e) < 0 ||
	     use(digest, stack->container, ret, e) < 0))
		return -1;
	close_owned(&lock);
	gc_by_itself(&stack->container->config);
	return 0;
}

int seal_layers(const struct overlay *overlay, const char *key,
		const char *folder, struct container *container,
		struct sealed_image *ret, struct err *e)
{
	struct stack stack = {
		.overlay = overlay,
		.container = container,
		.user_marks = strstr(overlay->options, ",userxattr") != NULL,
		.parts = calloc(overlay->layers.lower_count,
				sizeof(struct part)),
	};
	int rc = 0;

	if (!stack.parts)
		return err_set(e, ENOMEM, "seal the image");
	(void)snprintf(stack.key, sizeof(stack.key), "%s", key);
	container->counts.cached = find(&stack, ret) || find_alike(&stack, ret);
	if (!container->counts.cached)
		rc = make_and_use(&stack, folder, ret, e);
	parts_clear(&stack);
	return rc;
}
