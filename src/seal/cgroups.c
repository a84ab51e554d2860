#include "cgroups_internal.h"

#include "location.h"

#include <stdlib.h>

static const char home[] = "/sys/fs/cgroup";

/* Mounts below a read-only bind stay as writable as they are. */
static bool shows_writable(const struct spec_mount *mount, const char *real)
{
	switch (location_compare_paths(real, home)) {
	case LOCATION_SAME:
	case LOCATION_ABOVE:
		return !mount->read_only ||
		       (mount->recursive && !mount->read_only_below);
	case LOCATION_BELOW:
		return !mount->read_only;
	case LOCATION_APART:
		break;
	}
	return false;
}

bool cgroups_can_be_left(const struct spec *spec,
			 const struct container *container)
{
	/* A mount of type cgroup shows no more than the container's own. */
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		OWNED(free_owned) char *path = NULL;
		OWNED(free_owned) char *real = NULL;
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (!mount.bind || !mount.source)
			continue;
		path = container_source(container, mount.source);
		real = path ? realpath(path, NULL) : NULL;
		if (!path || (real && shows_writable(&mount, real)))
			return true;
	}
	return spec_has_capability(spec, "CAP_SYS_ADMIN");
}
