#include "seals.h"

#include "file.h"
#include "layers.h"
#include "sha256.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	/* With so many, and at each so many more, those that are gone are
	 * removed. */
	SWEEP_EVERY = 128,
};

/* containerd's (pkg/cri/annotations), and CRI-O's. */
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

/*
 * The container, and the same at every create of it: by its pod's uid and its
 * name there; or by its id, and by a folder of its own where that has a name
 * that lasts. A mounted root has another number with each mount.
 */
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

static int digits_of(const struct buffer *bytes, char ret[DIGEST_HEX],
		     struct err *e)
{
	uint8_t digest[DIGEST_SIZE];

	if (buffer_failed(bytes))
		return err_set(e, ENOMEM, "name the workload");
	if (sha256_bytes(bytes->data, bytes->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, ret);
	ret[SEALS_DIGITS] = '\0';
	return 0;
}

/* A folder that is there as long as the workload may come back. */
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
	if (record && json_set(record, "volumes", json_new_object()) < 0)
		json_owned(&record);
	return record;
}

int seals_open(const struct container *container, struct seals *ret,
	       struct err *e)
{
	struct buffer name = BUFFER_INIT;
	char digits[DIGEST_HEX];
	int rc = name_workload(container, &name, e);

	*ret = (struct seals){0};
	if (rc == 0)
		rc = digits_of(&name, digits, e);
	buffer_clear(&name);
	if (rc < 0)
		return -1;
	ret->record = describe(container);
	if (asprintf(&ret->folder, "%s/volumes/%s", container->config.cache_dir,
		     digits) < 0)
		ret->folder = NULL;
	if (!ret->record || !ret->folder) {
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

char *seals_path(struct seals *seals, const char *destination,
		 const char *source)
{
	struct buffer name = BUFFER_INIT;
	char digits[DIGEST_HEX];
	char *path = NULL;
	int rc;

	buffer_append(&name, destination, strlen(destination));
	rc = digits_of(&name, digits, NULL);
	buffer_clear(&name);
	if (rc < 0 ||
	    json_set(json_get(seals->record, "volumes"), destination,
		     json_new_string(source)) < 0 ||
	    asprintf(&path, "%s/%s.manifest", seals->folder, digits) < 0)
		return NULL;
	return path;
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
	struct buffer text = BUFFER_INIT;
	bool known = path && access(path, F_OK) == 0;
	int rc;

	json_write(seals->record, true, &text);
	rc = !path || buffer_failed(&text)
		     ? err_set(e, ENOMEM, "record the workload")
		     : file_publish(path, text.data, text.len, 0600, e);
	buffer_clear(&text);
	if (rc == 0 && !known)
		sweep_now_and_then(cache_dir);
	return rc;
}
