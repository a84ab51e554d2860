#include "engine_internal.h"

#include "file.h"
#include "text.h"

#include <fcntl.h>
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

/* The metadata is a document in a string. CRI-O's includes the pod. */
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
	OWNED(free_owned)
	char *path = text_format("%s/../../%s", container->bundle, list);

	if (!path)
		return false;
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

/* Read the record of this container in docker's folder of them. */
static bool read_record(const char *containers, size_t len,
			struct container *container)
{
	OWNED(json_owned) struct json *document = NULL;
	OWNED(free_owned)
	char *path = text_format("%.*s/%s/config.v2.json", (int)len, containers,
				 container->id);
	const char *name;

	document = path ? read_json(path) : NULL;
	if (!is_text(json_get(document, "ID"), container->id))
		return false;
	if (json_string(json_get(document, "Name"), &name) && *name)
		container->name = strdup(name + strspn(name, "/"));
	container->image =
		copy_of(json_get(json_get(document, "Config"), "Image"));
	return true;
}

/* Docker's containerd has its containers in a namespace of this name, which is
 * also the name of the bundles' folder. */
static bool is_mobys(const char *bundle)
{
	static const char moby[] = "/moby";
	const char *slash = strrchr(bundle, '/');
	size_t len = slash ? (size_t)(slash - bundle) : 0;

	return len >= strlen(moby) &&
	       strncmp(slash - strlen(moby), moby, strlen(moby)) == 0;
}

/* Find docker's folder of containers: docker binds CONTAINERS/ID/hostname and
 * similar files into each container. With a shared network the ID is that of
 * the network's container, and the owner of a container may mount another file
 * there. */
static bool is_dockers(const struct spec_mount *mount)
{
	static const char *const files[] = {"/etc/hostname", "/etc/hosts",
					    "/etc/resolv.conf"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (mount->bind && mount->source && mount->destination &&
		    strcmp(mount->destination, files[i]) == 0)
			return true;
	return false;
}

static bool find_by_mounts(const struct spec *spec, struct container *container)
{
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		struct spec_mount mount;
		size_t len;

		spec_mount_at(spec, i, &mount);
		if (!is_dockers(&mount))
			continue;
		/* CONTAINERS/ID/hostname */
		len = strlen(mount.source);
		for (int up = 0; up < 2 && len; up++)
			while (len && mount.source[--len] != '/')
				;
		if (len && read_record(mount.source, len, container))
			return true;
	}
	return false;
}

static void ask_docker(const struct spec *spec, struct container *container)
{
	static const char usual[] = "/var/lib/docker/containers";
	bool mobys = is_mobys(container->bundle);

	/* The owner of a container can't put files there. */
	if ((mobys && read_record(usual, strlen(usual), container)) ||
	    find_by_mounts(spec, container) || mobys)
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
	/* A pod can't pass for a container of docker's: it chooses its own
	 * volumes, and one of them may be mounted at /etc/hostname. */
	if (!json_get(spec_annotations(spec),
		      "io.kubernetes.cri.container-type"))
		ask_docker(spec, container);
}
