#include "seal_binfmt_internal.h"

#include "binfmt.h"
#include "cache_internal.h"
#include "privilege.h"
#include "sha256.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BINFMT_FORMAT "binfmt 1\n"

static int name_entry(void *context, const char *name, const char *text,
		      struct err *e)
{
	struct buffer *all = context;
	struct binfmt_entry entry;

	(void)e;
	if (binfmt_parse(text, &entry))
		buffer_printf(all, "%s\n%s", name, text);
	return 0;
}

struct collection {
	struct manifest_builder *builder;
	bool incomplete; /* the kernel couldn't be asked for one */
};

static int seal_entry(void *context, const char *name, const char *text,
		      struct err *e)
{
	struct collection *collection = context;
	struct entry sealed = {.kind = KIND_ELF};
	struct binfmt_entry entry;
	OWNED(close_owned) int fd = -1;
	struct err why = {0};

	(void)name;
	if (!binfmt_parse(text, &entry))
		return 0;
	if (binfmt_ask(&entry, &fd, &why) < 0 ||
	    stat_identity(fd, "", AT_EMPTY_PATH, &sealed.identity) < 0 ||
	    sha256_file(fd, 0, sealed.digest, &why) < 0) {
		/* An interpreter that the kernel doesn't start isn't needed. */
		collection->incomplete |= why.code != ENOEXEC;
		return 0;
	}
	sealed.path = entry.interpreter;
	sealed.path_len = strlen(entry.interpreter);
	sealed.interpreter = entry.flags;
	return manifest_builder_add(collection->builder, &sealed, e);
}

/* Get the manifest's digest; the manifest is made if it doesn't exist. */
static int get_manifest(const char *cache_dir, int folder, const char *key,
			char ret[DIGEST_HEX], struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	struct collection collection = {.builder = builder};
	const struct buffer none = BUFFER_INIT;
	OWNED(close_owned) int lock = -1;

	if (!builder)
		return err_set(e, ENOMEM, "seal binfmt_misc");
	if (cache_lock(cache_dir, false, &lock, e) < 0 ||
	    binfmt_each(folder, seal_entry, &collection, e) < 0 ||
	    cache_publish(cache_dir, builder, ret, e) < 0)
		return -1;
	return collection.incomplete
		       ? 0
		       : cache_write_chain(cache_dir, key, ret, &none, e);
}

static int use(struct container *container, const char *digest, struct err *e)
{
	OWNED(free_owned)
	char *path =
		cache_path(container->config.cache_dir, CACHE_MANIFEST, digest);
	OWNED(free_owned) char *hex = strdup(digest);

	if (!path || !hex)
		return err_set(e, ENOMEM, "seal binfmt_misc");
	if (!cache_hold(path))
		return err_set(e, ENOENT, "open the manifest %s", path);
	container->binfmt =
		(struct manifest_file){PTR_MOVE(path), PTR_MOVE(hex)};
	return 0;
}

static int seal_folder(struct container *container, int folder, struct err *e)
{
	const char *cache_dir = container->config.cache_dir;
	struct buffer all = BUFFER_INIT;
	uint8_t number[DIGEST_SIZE];
	char key[DIGEST_HEX];
	char digest[DIGEST_HEX];
	bool none;
	int rc;

	buffer_printf(&all, BINFMT_FORMAT);
	rc = binfmt_each(folder, name_entry, &all, e);
	none = all.len == strlen(BINFMT_FORMAT);
	if (rc == 0)
		rc = buffer_failed(&all)
			     ? err_set(e, ENOMEM, "seal binfmt_misc")
			     : sha256_bytes(all.data, all.len, number, e);
	buffer_clear(&all);
	if (rc < 0 || none)
		return rc;
	sha256_hex(number, key);
	if (cache_read_chain(cache_dir, key, digest) == 0 &&
	    use(container, digest, e) == 0)
		return 0;
	if (get_manifest(cache_dir, folder, key, digest, e) < 0)
		return -1;
	return use(container, digest, e);
}

int seal_binfmt(struct container *container, struct err *e)
{
	OWNED(close_owned) int folder = -1;

	if (container->config.binfmt != BINFMT_SEAL)
		return 0;
	/* Programs of other machines are drift without it. */
	if (binfmt_open(privilege_rootless(), &folder, NULL) < 0 || folder < 0)
		return 0;
	return seal_folder(container, folder, e);
}
