#include "seals.h"

#include "file.h"
#include "layers.h"
#include "sha256.h"
#include "text.h"
#include "writers_line_internal.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum {
	/* At each multiple of this number of seals, those of workloads that are
	 * gone are removed. */
	SWEEP_EVERY = 128,
};

/* These are containerd's keys (pkg/cri/annotations), and CRI-O's. */
static const char *const pod_keys[] = {
	"io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid",
	"io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID", NULL};
static const char *const name_keys[] = {
	"io.kubernetes.cri.container-name", "io.kubernetes.container.name",
	"io.kubernetes.cri-o.ContainerName", NULL};
static const char *const log_keys[] = {
	"io.kubernetes.cri.sandbox-log-directory",
	"io.kubernetes.cri-o.LogPath", NULL};

const char *seals_pod(const struct container *container)
{
	return container_annotation(container, pod_keys);
}

static const char *name_in_pod(const struct container *container)
{
	return container_annotation(container, name_keys);
}

/* The name of the workload, the same at every create of it: from its pod's uid
 * and its name there; or from its id, and from a folder of its own if that has
 * a permanent identity. A mounted root has another number with each mount. */
static int name_workload(const struct container *c, struct buffer *name,
			 struct err *e)
{
	const char *pod = seals_pod(c);
	const char *in_pod = name_in_pod(c);
	bool unique = true;

	if (pod && in_pod) {
		buffer_append(name, "pod", sizeof("pod"));
		buffer_append(name, pod, strlen(pod) + 1);
		buffer_append(name, in_pod, strlen(in_pod) + 1);
		return 0;
	}
	buffer_append(name, c->root, strlen(c->root) + 1);
	buffer_append(name, c->id, strlen(c->id) + 1);
	if (c->upper)
		return layers_name_folder(c->upper, name, &unique, e);
	if (c->overlay || layers_served(c->rootfs))
		return 0;
	return layers_name_folder(c->rootfs, name, &unique, e);
}

/* A folder that exists as long as the workload may come back. */
static const char *life_of(const struct container *c)
{
	if (seals_pod(c) && name_in_pod(c))
		return container_annotation(c, log_keys);
	return c->upper ? c->upper : c->overlay ? NULL : c->rootfs;
}

static struct json *describe(const struct container *c)
{
	const struct {
		const char *key, *text;
	} rows[] = {
		{"container", c->id},
		{"name", c->name ? c->name : name_in_pod(c)},
		{"pod", seals_pod(c)},
		{"life", life_of(c)},
	};
	struct json *record = json_new_object();

	for (size_t i = 0; record && i < ARRAY_LEN(rows); i++)
		if (rows[i].text && json_set(record, rows[i].key,
					     json_new_string(rows[i].text)) < 0)
			json_owned(&record);
	return record;
}

/* Read the record of the volumes of earlier creates. */
static int remember(struct seals *seals)
{
	static const char *const keys[] = {SEALS_SOURCES, SEALS_PLACES,
					   SEALS_CUT};
	OWNED(json_owned) struct json *before = seals_read(seals->folder);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct json *known = json_get(before, keys[i]);

		if (json_set(seals->record, keys[i],
			     known ? json_clone(known) : json_new_object()) < 0)
			return -1;
	}
	return 0;
}

int seals_open(const struct container *container, struct seals *ret,
	       struct err *e)
{
	struct buffer name = BUFFER_INIT;
	char digits[DIGEST_HEX];
	int rc = name_workload(container, &name, e);

	*ret = (struct seals){0};
	if (rc == 0)
		rc = seals_digits(&name, digits, e);
	buffer_clear(&name);
	if (rc < 0)
		return -1;
	ret->record = describe(container);
	ret->folder = text_format("%s/volumes/%s", container->config.cache_dir,
				  digits);
	if (!ret->record || !ret->folder || remember(ret) < 0) {
		seals_clear(ret);
		return err_set(e, ENOMEM, "name the workload");
	}
	if (file_make_dirs(ret->folder, 0700, e) == 0)
		return 0;
	seals_clear(ret);
	return -1;
}

void seals_clear(struct seals *seals)
{
	free(seals->folder);
	json_free(seals->record);
	*seals = (struct seals){0};
}

static const char *place_of(const struct seals *seals, const char *destination)
{
	const char *line;

	return json_string(json_get(json_get(seals->record, SEALS_PLACES),
				    destination),
			   &line)
		       ? line
		       : NULL;
}

bool seals_is_of_another(const struct seals *seals,
			 const struct seal_source *source)
{
	const char *line = place_of(seals, source->destination);
	OWNED(free_owned) char *copy = line ? strdup(line) : NULL;
	struct writer known = {0};
	bool another = copy && writer_read(copy, "", &known) &&
		       location_differs(&known.at, source->at);

	location_clear(&known.at);
	return another;
}

bool seals_is_cut(const struct seals *seals, const char *destination)
{
	return json_get(json_get(seals->record, SEALS_CUT), destination) !=
	       NULL;
}

static int note_place(struct seals *seals, const struct seal_source *source,
		      struct err *e)
{
	struct buffer line = BUFFER_INIT;
	char boot[BOOT_LEN + 1];
	int rc;

	writer_boot(boot);
	writer_write(boot, source->at, &line);
	buffer_append(&line, "", 1);
	if (!buffer_failed(&line))
		line.data[line.len - 2] = '\0'; /* its newline */
	rc = buffer_failed(&line) ||
			     json_set(json_get(seals->record, SEALS_PLACES),
				      source->destination,
				      json_new_string(line.data)) < 0
		     ? err_set(e, ENOMEM, "record the workload")
		     : 0;
	buffer_clear(&line);
	return rc;
}

int seals_note(struct seals *seals, const struct seal_source *source,
	       bool first, struct err *e)
{
	if (json_set(json_get(seals->record, SEALS_SOURCES),
		     source->destination, json_new_string(source->path)) < 0)
		return err_set(e, ENOMEM, "record the workload");
	if (first && place_of(seals, source->destination))
		return 0;
	return note_place(seals, source, e);
}

int seals_note_cut(struct seals *seals, const char *destination, bool cut,
		   struct err *e)
{
	struct json *list = json_get(seals->record, SEALS_CUT);

	if (!cut)
		seals_remove_member(list, destination);
	else if (json_set(list, destination, json_new_bool(true)) < 0)
		return err_set(e, ENOMEM, "record the workload");
	return 0;
}

static void sweep_now_and_then(const char *cache_dir)
{
	OWNED(free_owned) char *home = file_in(cache_dir, "volumes");
	DIR *dir = home ? opendir(home) : NULL;
	size_t count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	if (count && count % SWEEP_EVERY == 0)
		seals_sweep(cache_dir);
}

int seals_keep(const struct seals *seals, const char *cache_dir, struct err *e)
{
	OWNED(free_owned) char *path = file_in(seals->folder, SEALS_RECORD);
	bool known = path && access(path, F_OK) == 0;
	int rc = seals_write(seals->folder, seals->record, e);

	if (rc == 0 && !known)
		sweep_now_and_then(cache_dir);
	return rc;
}
