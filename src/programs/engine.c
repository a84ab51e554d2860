#include "engine.h"

#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static struct json *read_json(const char *path)
{
	struct buffer text = BUFFER_INIT;
	struct json *document = NULL;

	if (file_read(AT_FDCWD, path, JSON_SIZE_MAX, &text, NULL) < 0 ||
	    json_parse(text.data ? text.data : "", text.len, &document, NULL) <
		    0)
		document = NULL;
	buffer_clear(&text);
	return document;
}

static char *copy_of(const struct json *value)
{
	const char *text;

	return json_string(value, &text) && *text ? strdup(text) : NULL;
}

static bool is_text(const struct json *value, const char *expected)
{
	const char *text;

	return json_string(value, &text) && strcmp(text, expected) == 0;
}

/* The metadata is a document in a string. CRI-O's has the pod. */
static void take_metadata(const struct json *entry, struct container *container)
{
	OWNED(json_owned) struct json *metadata = NULL;
	const char *text;

	if (!json_string(json_get(entry, "metadata"), &text) ||
	    json_parse(text, strlen(text), &metadata, NULL) < 0)
		return;
	container->name = copy_of(json_get(metadata, "name"));
	container->image = copy_of(json_get(metadata, "image-name"));
	container->crio = json_get(metadata, "pod-name");
}

/* STORAGE/DRIVER-containers/ID/userdata is the bundle. */
static bool ask_storage(const char *list, struct container *container)
{
	OWNED(json_owned) struct json *document = NULL;
	OWNED(free_owned) char *path = NULL;

	if (asprintf(&path, "%s/../../%s", container->bundle, list) < 0) {
		path = NULL;
		return false;
	}
	document = read_json(path);
	for (size_t i = 0; i < json_count(document); i++) {
		const struct json *entry = json_at(document, i);

		if (!is_text(json_get(entry, "id"), container->id))
			continue;
		take_metadata(entry, container);
		return true;
	}
	return false;
}

/* Where docker keeps its containers: it binds CONTAINERS/ID/hostname and the
 * like into each, of the container whose network that one has. */
static const char *find_hostname(const struct spec *spec)
{
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (mount.bind && mount.source && mount.destination &&
		    strcmp(mount.destination, "/etc/hostname") == 0)
			return mount.source;
	}
	return NULL;
}

static void ask_docker(const struct spec *spec, struct container *container)
{
	OWNED(json_owned) struct json *document = NULL;
	OWNED(free_owned) char *path = NULL;
	const char *hostname = find_hostname(spec);
	const char *slash = hostname ? strrchr(hostname, '/') : NULL;
	const char *name;

	if (!slash ||
	    asprintf(&path, "%.*s/../%s/config.v2.json",
		     (int)(slash - hostname), hostname, container->id) < 0)
		path = NULL;
	document = path ? read_json(path) : NULL;
	if (!is_text(json_get(document, "ID"), container->id))
		return;
	if (json_string(json_get(document, "Name"), &name) && *name)
		container->name = strdup(name + strspn(name, "/"));
	container->image =
		copy_of(json_get(json_get(document, "Config"), "Image"));
	container->engine_named = true;
}

void engine_names(const struct spec *spec, struct container *container)
{
	static const char userdata[] = "/userdata";
	const char *bundle = container->bundle;
	size_t len = strlen(bundle);

	if (len > strlen(userdata) &&
	    strcmp(bundle + len - strlen(userdata), userdata) == 0) {
		/* An image's own annotations get here with podman. */
		container->engine_named = true;
		if (ask_storage("containers.json", container) ||
		    ask_storage("volatile-containers.json", container))
			return;
	}
	/* A pod's own words can't make it docker's: its volumes are of its own
	 * choice, and one of them may lie at /etc/hostname. */
	if (!json_get(spec_annotations(spec),
		      "io.kubernetes.cri.container-type"))
		ask_docker(spec, container);
}
