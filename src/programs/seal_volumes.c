#include "seal.h"

#include "file.h"
#include "filesystem.h"
#include "layers.h"
#include "sha256.h"
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Look at a bind; if it is to be sealed, collect its executables. */
static int visit_volume(struct container *container,
			const struct spec_mount *mount, bool sealed,
			const struct survey *survey, struct err *e)
{
	struct survey of_mount = *survey;
	OWNED(free_owned)
	char *path = container_source(container, mount->source);
	OWNED(close_owned) int fd = -1;
	struct stat st;

	if (!path)
		return err_set(e, ENOMEM, "seal a volume");
	fd = open(path, O_PATH | O_CLOEXEC);
	/* The runtime itself will say what is wrong with it. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if (filesystem_may_block(fd))
		container->reads_may_block = true;
	if (!sealed)
		return 0;
	of_mount.prefix = mount->destination;
	if (S_ISDIR(st.st_mode))
		return survey_folder(&of_mount, fd, e);
	if (S_ISREG(st.st_mode))
		return survey_file(&of_mount, fd, e);
	return 0;
}

static bool is_within(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

/* What the container could alter its own seal by. */
static bool is_kept(const struct config *config, const char *source)
{
	const struct {
		const char *folder, *below;
		bool alone; /* what lies below it is something else */
	} rows[] = {
		{config->state_dir, "", false},
		{config->cache_dir, "", true},
		{config->cache_dir, "/manifests", false},
		{config->cache_dir, "/chains", false},
		{config->cache_dir, "/layers", false},
		{config->cache_dir, "/roots", false},
		{config->cache_dir, "/volumes", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(free_owned) char *path = NULL;
		OWNED(free_owned) char *real = NULL;

		if (asprintf(&path, "%s%s", rows[i].folder, rows[i].below) <
		    0) {
			path = NULL;
			return true;
		}
		real = realpath(path, NULL);
		if (real && (rows[i].alone ? strcmp(source, real) == 0
					   : is_within(source, real)))
			return true;
	}
	return false;
}

/*
 * A container that writes manifests chooses what may run, in all containers.
 * CAP_SYS_ADMIN makes a read-only mount writable. Of a folder above them
 * nothing is said: who writes there has the host.
 */
static int spare_seals(const struct spec *spec,
		       const struct container *container, struct err *e)
{
	bool admin = spec_has_capability(spec, "CAP_SYS_ADMIN");

	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		OWNED(free_owned) char *path = NULL;
		OWNED(free_owned) char *real = NULL;
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (!mount.source || !mount.bind || (mount.read_only && !admin))
			continue;
		path = container_source(container, mount.source);
		real = path ? realpath(path, NULL) : NULL;
		if (!path || (real && is_kept(&container->config, real)))
			return err_set(e, EINVAL,
				       "mounts[%zu]: %s is where runmoor keeps "
				       "what containers may run, and this one "
				       "could write there: %s",
				       i, mount.source,
				       admin ? "leave the mount out, or "
					       "CAP_SYS_ADMIN"
					     : "mount it read-only");
	}
	return 0;
}

/* Those of one kind: the binds that are read-only, or those that aren't. */
struct kind {
	bool read_only;
	bool sealed;
};

static bool is_kind(const struct spec_mount *mount, const struct kind *kind)
{
	return mount->bind && mount->source && mount->destination &&
	       mount->read_only == kind->read_only;
}

static int visit_volumes(const struct spec *spec, const struct kind *kind,
			 struct container *container,
			 const struct survey *survey, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (is_kind(&mount, kind))
			rc = visit_volume(container, &mount, kind->sealed,
					  survey, e);
	}
	return rc;
}

/* Read what was published, or had been. */
static int use(const char *path, char **ret_sha256, struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = survey_read(path, &bytes, &manifest, ret_sha256, e);

	buffer_clear(&bytes);
	return rc;
}

static int collect(const struct spec *spec, const struct kind *kind,
		   struct container *container, const char *path, struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	struct container counts = {0};
	const struct survey survey = {.counts = &counts, .builder = builder};
	int rc = builder ? visit_volumes(spec, kind, container, &survey, e)
			 : err_set(e, ENOMEM, "seal the volumes");

	json_free(counts.unreadable);
	/* That nothing was there is a seal too, of what can be written. */
	if (rc == 0 && kind->sealed &&
	    (counts.sealed_files || !kind->read_only))
		rc = survey_publish(builder, path, e);
	return rc;
}

/*
 * The container, and the same at every create of it: by its id, and by a
 * folder of its own where that has a name that lasts. A mounted root has
 * another number with each mount.
 */
static int name_writable(const struct container *container, struct buffer *name,
			 struct err *e)
{
	bool unique = true;

	buffer_append(name, container->root, strlen(container->root) + 1);
	buffer_append(name, container->id, strlen(container->id) + 1);
	if (container->upper)
		return layers_name_folder(container->upper, name, &unique, e);
	if (container->overlay || layers_served(container->rootfs))
		return 0;
	return layers_name_folder(container->rootfs, name, &unique, e);
}

static int writable_path(struct container *container, struct err *e)
{
	OWNED(free_owned) char *cache = NULL;
	struct buffer name = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	int rc = name_writable(container, &name, e);

	if (rc == 0)
		rc = buffer_failed(&name)
			     ? err_set(e, ENOMEM, "name the volumes")
			     : sha256_bytes(name.data, name.len, digest, e);
	buffer_clear(&name);
	if (rc < 0)
		return -1;
	sha256_hex(digest, hex);
	if (asprintf(&cache, "%s/volumes", container->config.cache_dir) < 0) {
		cache = NULL;
		return err_set(e, ENOMEM, "seal the volumes");
	}
	if (file_make_dirs(cache, 0700, e) < 0)
		return -1;
	if (asprintf(&container->writable, "%s/%s.manifest", cache, hex) < 0) {
		container->writable = NULL;
		return err_set(e, ENOMEM, "seal the volumes");
	}
	return 0;
}

/*
 * The container can write these: a later create of the same one finds what
 * its first life dropped there, and gets the first seal.
 */
static int seal_writable(const struct spec *spec, struct container *container,
			 struct err *e)
{
	const struct kind kind = {
		.sealed = container->config.volumes_writable == VOLUME_SEAL,
	};

	if (!kind.sealed)
		return collect(spec, &kind, container, NULL, e);
	if (writable_path(container, e) < 0 || !container->writable)
		return -1;
	if (access(container->writable, F_OK) < 0 &&
	    collect(spec, &kind, container, container->writable, e) < 0)
		return -1;
	return use(container->writable, &container->writable_sha256, e);
}

static int seal_read_only(const struct spec *spec, const char *folder,
			  struct container *container, struct err *e)
{
	const struct kind kind = {
		.read_only = true,
		.sealed = container->config.volumes_read_only == VOLUME_SEAL,
	};

	if (asprintf(&container->volumes, "%s/volumes.manifest", folder) < 0) {
		container->volumes = NULL;
		return err_set(e, ENOMEM, "seal the volumes");
	}
	/* A crash may have left one. */
	(void)unlink(container->volumes);
	if (collect(spec, &kind, container, container->volumes, e) < 0)
		return -1;
	if (access(container->volumes, F_OK) == 0)
		return use(container->volumes, &container->volumes_sha256, e);
	free(container->volumes);
	container->volumes = NULL;
	return 0;
}

int seal_volumes(const struct spec *spec, const char *folder,
		 struct container *container, struct err *e)
{
	if (spare_seals(spec, container, e) < 0 ||
	    seal_read_only(spec, folder, container, e) < 0)
		return -1;
	return seal_writable(spec, container, e);
}
