#include "clock.h"
#include "seal.h"

#include "file.h"
#include "filesystem.h"
#include "rootfs.h"
#include "seals.h"
#include "spare_internal.h"
#include "survey.h"
#include "text.h"
#include "volumes_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define OVER_LIMIT                                                             \
	"it holds more than volumes.limit lets a create read, and what is "    \
	"over isn't sealed"

#define UNREADABLE                                                             \
	"some of its files couldn't be read, or grew while they were, and "    \
	"aren't sealed"

#define CUT_OFF                                                                \
	"its first seal was cut off by volumes.limit, and stays so: moorctl "  \
	"manifest forget has the next create seal it again"

enum { SECONDS_MAX = 86400, LEFT_LISTED = 16 };

/* The state that all volumes of one create share. */
struct sealing {
	const struct log *log;
	struct volumes volumes;
	struct seals seals;
	struct rootfs_limit limit; /* exceeded: of the volume at hand */
	struct survey_counts counts;
	/* The seals of this create, and those of the first one. */
	struct manifest_builder *anew, *first;
};

static void sealing_owned(struct sealing *sealing)
{
	survey_counts_clear(&sealing->counts);
	manifest_builder_free(sealing->anew);
	manifest_builder_free(sealing->first);
	seals_clear(&sealing->seals);
	volumes_clear(&sealing->volumes);
}

static int64_t deadline_ns(uint64_t seconds)
{
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	return clock_ns(CLOCK_MONOTONIC) + (int64_t)seconds * 1000000000;
}

/* Record a volume that is left out, for the log and for the event. */
static int leave_out(struct container *container, const struct sealing *sealing,
		     const char *destination, const char *why, struct err *e)
{
	OWNED(free_owned) char *text = NULL;

	container->counts.volumes_left_count++;
	log_write(
		sealing->log, LOG_LEVEL_WARNING,
		"volume %s: %s: what isn't sealed there is drift. See volumes "
		"in runmoor-policy(5)",
		destination, why);
	if (!container->counts.volumes_left)
		container->counts.volumes_left = json_new_array();
	text = text_format("%s: %s", destination, why);
	if (!text)
		return err_set(e, ENOMEM, "seal the volumes");
	if (json_count(container->counts.volumes_left) == LEFT_LISTED)
		return 0;
	return json_append(container->counts.volumes_left,
			   json_new_string(text)) < 0
		       ? err_set(e, ENOMEM, "seal the volumes")
		       : 0;
}

/* Collect its executables, except those beyond the limit. */
static int walk(struct sealing *sealing, const struct volume *volume,
		struct manifest_builder *builder, struct err *e)
{
	const struct survey survey = {
		.counts = &sealing->counts,
		.prefix = volume->destination,
		.builder = builder,
		.one_mount = !volume->recursive,
		.except = volume->holes,
		.except_count = volume->hole_count,
		.limit = &sealing->limit,
	};

	return volume->folder ? survey_folder(&survey, volume->fd, e)
			      : survey_file(&survey, volume->fd, e);
}

static int add_all(const struct manifest *manifest,
		   struct manifest_builder *builder, struct err *e)
{
	for (size_t i = 0; i < manifest_count(manifest); i++) {
		struct entry entry;

		manifest_entry(manifest, i, &entry);
		if (manifest_builder_add(builder, &entry, e) < 0)
			return -1;
	}
	return 0;
}

/* Add the seal at path to one of the two builders. */
static int use(const char *path, struct manifest_builder *builder,
	       struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	OWNED(free_owned) char *sha256 = NULL;
	struct buffer bytes = BUFFER_INIT;
	int rc = survey_read(path, &bytes, &manifest, &sha256, e);

	if (rc == 0)
		rc = add_all(manifest, builder, e);
	buffer_clear(&bytes);
	return rc;
}

static struct seal_source source_of(const struct volume *volume)
{
	return (struct seal_source){
		.destination = volume->destination,
		.path = volume->path,
		.at = &volume->at,
	};
}

/* The writers are looked up again after everything is read, since a writer is
 * recorded before it starts. */
static int plan(const struct container *container, struct volume *volume,
		struct err *e)
{
	OWNED(writers_owned) struct writers *writers = NULL;

	if (writers_load(container->config.cache_dir, &writers, e) < 0)
		return -1;
	volumes_plan(writers, &container->config, volume);
	return 0;
}

static int add_destination(struct json **list, const struct volume *volume,
			   struct err *e)
{
	if (!*list)
		*list = json_new_array();
	if (!*list ||
	    json_append(*list, json_new_string(volume->destination)) < 0)
		return err_set(e, ENOMEM, "seal the volumes");
	return 0;
}

static int note(struct sealing *sealing, const struct volume *volume,
		struct err *e)
{
	const struct seal_source source = source_of(volume);

	return seals_note(&sealing->seals, &source,
			  volume->plan.seal == VOLUME_SEAL_FIRST, e);
}

/* The first seal is kept. If no container can write there, the last one is: it
 * becomes the first as soon as one can. */
static int publish(struct sealing *sealing, const struct volume *volume,
		   struct manifest_builder *builder, const char *kept,
		   struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc = manifest_builder_write(builder, &bytes, e);

	if (rc == 0 && volume->plan.replaces)
		rc = seals_forget_volume(sealing->seals.folder,
					 sealing->seals.record,
					 volume->destination, e);
	if (rc == 0)
		rc = volume->plan.seal == VOLUME_SEAL_FIRST
			     ? file_publish_first(kept, bytes.data, bytes.len,
						  0400, e)
			     : file_publish(kept, bytes.data, bytes.len, 0400,
					    e);
	buffer_clear(&bytes);
	if (rc < 0 || note(sealing, volume, e) < 0 ||
	    seals_note_cut(&sealing->seals, volume->destination,
			   sealing->limit.exceeded, e) < 0)
		return -1;
	return use(kept,
		   volume->plan.seal == VOLUME_SEAL_FIRST ? sealing->first
							  : sealing->anew,
		   e);
}

static int use_first(struct sealing *sealing, struct container *container,
		     const struct volume *volume, const char *kept,
		     struct err *e)
{
	container->counts.volumes_first++;
	if (note(sealing, volume, e) < 0)
		return -1;
	if (seals_is_cut(&sealing->seals, volume->destination) &&
	    (add_destination(&container->volumes_cut, volume, e) < 0 ||
	     leave_out(container, sealing, volume->destination, CUT_OFF, e) <
		     0))
		return -1;
	return use(kept, sealing->first, e);
}

/* The same, with a message about files that aren't included. */
static int walk_and_tell(struct sealing *sealing, struct container *container,
			 const struct volume *volume,
			 struct manifest_builder *builder, struct err *e)
{
	const uint64_t unreadable = sealing->counts.unreadable_count;
	const char *why = NULL;

	sealing->limit.exceeded = false;
	if (walk(sealing, volume, builder, e) < 0)
		return err_wrap(e, "seal volume %s", volume->destination);
	if (sealing->limit.exceeded &&
	    add_destination(&container->volumes_cut, volume, e) < 0)
		return -1;
	if (sealing->limit.exceeded)
		why = OVER_LIMIT;
	else if (sealing->counts.unreadable_count > unreadable)
		why = UNREADABLE;
	return why ? leave_out(container, sealing, volume->destination, why, e)
		   : 0;
}

static int seal_volume(struct sealing *sealing, struct container *container,
		       struct volume *volume, struct err *e)
{
	OWNED(manifest_builder_owned)
	struct manifest_builder *builder = manifest_builder_new();
	OWNED(free_owned)
	char *kept = seals_path(sealing->seals.folder, volume->destination);

	if (!builder || !kept)
		return err_set(e, ENOMEM, "seal the volumes");
	if (volume->plan.seal == VOLUME_SEAL_FIRST && !volume->plan.replaces &&
	    access(kept, F_OK) == 0)
		return use_first(sealing, container, volume, kept, e);
	if (walk_and_tell(sealing, container, volume, builder, e) < 0 ||
	    plan(container, volume, e) < 0)
		return -1;
	return publish(sealing, volume, builder, kept, e);
}

static int plan_first(struct sealing *sealing, struct container *container,
		      struct volume *volume, struct err *e)
{
	const struct seal_source source = source_of(volume);
	const char *whys[2];

	volume->facts.another = seals_is_of_another(&sealing->seals, &source);
	if (plan(container, volume, e) < 0)
		return -1;
	whys[0] = volume->plan.why;
	whys[1] = volume->plan.outlasts;
	for (size_t i = 0; i < ARRAY_LEN(whys); i++)
		if (whys[i] && leave_out(container, sealing,
					 volume->destination, whys[i], e) < 0)
			return -1;
	return 0;
}

/* Destinations, for the start. */
static int record(struct container *container, const struct volume *volume,
		  struct err *e)
{
	struct json **lists[] = {&container->volumes_written,
				 &container->volumes_followed};
	const bool wanted[] = {volume->facts.read_only && volume->plan.writable,
			       volume->plan.follows};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		if (wanted[i] && add_destination(lists[i], volume, e) < 0)
			return -1;
	}
	return 0;
}

static int seal_each(struct sealing *sealing, struct container *container,
		     struct err *e)
{
	for (size_t i = 0; i < sealing->volumes.count; i++) {
		struct volume *volume = &sealing->volumes.list[i];

		if (filesystem_may_block(volume->fd))
			container->reads_may_block = true;
		if (plan_first(sealing, container, volume, e) < 0)
			return -1;
		if (volume->plan.seal != VOLUME_SEAL_NONE &&
		    seal_volume(sealing, container, volume, e) < 0)
			return -1;
		if (record(container, volume, e) < 0)
			return -1;
	}
	return 0;
}

/* Publish the collected entries as a manifest in the container's folder; none
 * if there are no entries. */
static int hand_over(struct manifest_builder *builder, const char *folder,
		     const char *name, struct manifest_file *ret, struct err *e)
{
	OWNED(manifest_owned) struct manifest *manifest = NULL;
	OWNED(free_owned) char *path = file_in(folder, name);
	struct buffer bytes = BUFFER_INIT;
	int rc;

	if (!path)
		return err_set(e, ENOMEM, "seal the volumes");
	/* A crash may have left a manifest. */
	(void)unlink(path);
	if (survey_publish(builder, path, e) < 0)
		return -1;
	rc = survey_read(path, &bytes, &manifest, &ret->sha256, e);
	if (rc == 0 && manifest_count(manifest) > 0) {
		ret->path = PTR_MOVE(path);
	} else if (rc == 0) {
		(void)unlink(path);
		free_owned(&ret->sha256);
	}
	buffer_clear(&bytes);
	return rc;
}

static int seal_all(struct sealing *sealing, const char *folder,
		    struct container *container, struct err *e)
{
	const struct volumes *volumes = &sealing->volumes;
	const char *cache = container->config.cache_dir;

	/* The places are recorded before anything is read, and before the
	 * container can write. */
	if (file_make_dirs(cache, 0700, e) < 0 ||
	    writers_note(cache, volumes->mounts, volumes->written,
			 volumes->written_count, e) < 0)
		return -1;
	if (!volumes->count)
		return 0;
	if (seals_open(container, &sealing->seals, e) < 0 ||
	    seal_each(sealing, container, e) < 0 ||
	    seals_keep(&sealing->seals, cache, e) < 0)
		return -1;
	container->counts.volume_files = sealing->counts.files;
	container->counts.volume_bytes = sealing->counts.bytes;
	if (hand_over(sealing->anew, folder, "volumes.manifest",
		      &container->manifests[SEALED_VOLUMES], e) < 0)
		return -1;
	return hand_over(sealing->first, folder, "first.manifest",
			 &container->manifests[SEALED_WRITABLE], e);
}

int seal_volumes(const struct spec *spec, const char *folder,
		 const struct log *log, struct container *container,
		 struct err *e)
{
	OWNED(sealing_owned)
	struct sealing sealing = {
		.log = log,
		.limit = {.files = container->config.volumes_files,
			  .bytes = container->config.volumes_bytes},
		.anew = manifest_builder_new(),
		.first = manifest_builder_new(),
	};

	sealing.limit.until_ns = deadline_ns(container->config.volumes_seconds);
	if (!sealing.anew || !sealing.first)
		return err_set(e, ENOMEM, "seal the volumes");
	if (spare_seals(spec, container, e) < 0 ||
	    volumes_find(spec, container, &sealing.volumes, e) < 0)
		return -1;
	return seal_all(&sealing, folder, container, e);
}
