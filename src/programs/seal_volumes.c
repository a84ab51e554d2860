#include "seal.h"

#include "filesystem.h"
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Look at a bind; if it is to be sealed, collect its executables. */
static int visit_volume(struct container *container,
			const struct spec_mount *mount, bool sealed,
			const struct survey *survey, struct err *e)
{
	struct survey of_mount = *survey;
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

static bool is_sealed_volume(const struct config *config,
			     const struct spec_mount *mount)
{
	enum volume_rule rule = mount->read_only ? config->volumes_read_only
						 : config->volumes_writable;

	return rule == VOLUME_SEAL;
}

int seal_volumes(const struct spec *spec, const char *folder,
		 struct container *container, struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	struct container counts = {0};
	const struct survey survey = {.counts = &counts, .builder = builder};
	struct buffer bytes = BUFFER_INIT;
	int rc = builder ? 0 : err_set(e, ENOMEM, "seal the volumes");

	for (size_t i = 0; rc == 0 && i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (mount.bind && mount.source && mount.destination)
			rc = visit_volume(
				container, &mount,
				is_sealed_volume(&container->config, &mount),
				&survey, e);
	}
	json_free(counts.unreadable);
	if (rc < 0 || counts.sealed_files == 0)
		return rc;
	if (asprintf(&container->volumes, "%s/volumes.manifest", folder) < 0) {
		container->volumes = NULL;
		return err_set(e, ENOMEM, "seal the volumes");
	}
	rc = survey_publish(builder, container->volumes, e);
	if (rc == 0)
		rc = survey_read(container->volumes, &bytes, &manifest,
				 &container->volumes_sha256, e);
	buffer_clear(&bytes);
	return rc;
}
