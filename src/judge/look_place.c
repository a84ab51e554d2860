#include "look_internal.h"

#include "arrivals_internal.h"
#include "filesystem.h"
#include "start.h"
#include "stat.h"

#include <fcntl.h>
#include <sys/statvfs.h>

/* The mount of the target's root, with which PACE_FULL may have to compare a
 * mount. */
static uint64_t root_mount(const struct look *look)
{
	OWNED(close_owned) int root = -1;
	struct identity id = {0};

	if (target_open_link(look->target.tid, "root", &root, NULL) == 0)
		(void)stat_identity(root, "", AT_EMPTY_PATH, &id);
	return id.mount;
}

/* The mount isn't in the baseline: it is the container's own, or, by
 * propagation, the host's, which counts as part of the bind above it. */
static enum place find_arrived(const struct look *look, int fd,
			       struct file_facts *file)
{
	const struct start *start = look->judge->start;
	const size_t index = look->out->facts.count;
	struct arrived arrived = {.point = look->out->mounts[index]};

	file->arrival = arrivals_find(start_arrivals(start), look->target.tid,
				      fd, &look->out->identities[index],
				      file->path, &arrived);
	if (file->arrival != ARRIVAL_PROPAGATED)
		return PLACE_FOREIGN;
	file->mount = arrived.point;
	file->bind = arrived.bind;
	return arrived.read_only && start_read_only(start, arrived.bind)
		       ? PLACE_VOLUME_READ_ONLY
		       : PLACE_VOLUME;
}

enum place look_place(const struct look *look, int fd,
		      const struct identity *id, struct file_facts *file)
{
	const struct start *start = look->judge->start;
	const uint64_t mount = start ? stat_mount(fd) : 0;
	bool read_only = false;
	struct statvfs fs;

	if (start)
		file->mount = start_mount_point(start, mount, &read_only);
	if (filesystem_is_memory(fd) && id->nlink == 0)
		return PLACE_MEMORY;
	if (look_is_image(look->judge, id->dev) &&
	    (look->judge->container->overlay || id->mount == root_mount(look)))
		return PLACE_IMAGE;
	if (start && !file->mount)
		return find_arrived(look, fd, file);
	if (start) {
		file->bind = arrivals_bind(start_arrivals(start), id->mount);
		if (start_follows(start, mount))
			return PLACE_VOLUME_FOLLOWED;
		return read_only ? PLACE_VOLUME_READ_ONLY : PLACE_VOLUME;
	}
	if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return PLACE_VOLUME_READ_ONLY;
	return PLACE_VOLUME;
}

/* A mapping from a layer that is itself an overlay shows the layer's own file,
 * which differs by its device from the one that the root shows. */
static bool is_same_below(const struct judge *judge,
			  const struct identity *root,
			  const struct identity *below)
{
	return look_is_image(judge, root->dev) &&
	       look_is_image(judge, below->dev) &&
	       identity_same_content(root, below);
}

bool look_is_placed(const struct judge *judge, const struct identity *id,
		    const struct file_facts *file)
{
	struct identity found;

	if (!file->path)
		return false;
	if (stat_within(judge->container->rootfs, file->path, &found) == 0 &&
	    (identity_same_file(&found, id) ||
	     is_same_below(judge, &found, id)))
		return true;
	return file->mount != NULL;
}

bool look_path_matters(const struct judge *judge)
{
	const struct config *config = &judge->container->config;

	return config->match == MATCH_PATH || judge->lineage ||
	       config->libraries == LIBRARIES_STRICT ||
	       judge->container->overlay;
}
