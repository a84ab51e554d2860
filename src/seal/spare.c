#include "location.h"
#include "spare_internal.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* True for a place through which the container could alter its own seal. */
static bool is_kept(const struct config *config, const char *source)
{
	const struct {
		const char *folder, *below;
		bool alone; /* only the folder itself, not the files below it */
	} rows[] = {
		{config->state_dir, "", false},
		{config->cache_dir, "", true},
		{config->cache_dir, "/manifests", false},
		{config->cache_dir, "/chains", false},
		{config->cache_dir, "/layers", false},
		{config->cache_dir, "/roots", false},
		{config->cache_dir, "/volumes", false},
		{config->cache_dir, "/writers", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(free_owned)
		char *path = text_format("%s%s", rows[i].folder, rows[i].below);
		OWNED(free_owned) char *real = NULL;

		if (!path)
			return true;
		real = realpath(path, NULL);
		if (real && (rows[i].alone ? strcmp(source, real) == 0
					   : location_is_within(source, real)))
			return true;
	}
	return false;
}

int spare_seals(const struct spec *spec, const struct container *container,
		struct err *e)
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
