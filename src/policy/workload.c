#include "workload.h"

#include <string.h>

/* Keys of containerd's CRI plugin, of the kubelet, and of CRI-O. podman and
 * docker set none of these. */
static const char *const names[] = {"io.kubernetes.cri.container-name",
				    "io.kubernetes.container.name",
				    "io.kubernetes.cri-o.ContainerName", NULL};
static const char *const images[] = {"io.kubernetes.cri.image-name",
				     "io.kubernetes.cri-o.ImageName", NULL};
static const char *const pods[] = {"io.kubernetes.cri.sandbox-name",
				   "io.kubernetes.pod.name",
				   "io.kubernetes.cri-o.KubeName", NULL};
static const char *const namespaces[] = {"io.kubernetes.cri.sandbox-namespace",
					 "io.kubernetes.pod.namespace",
					 "io.kubernetes.cri-o.Namespace", NULL};

static bool is_written_by(enum naming naming, const char *key)
{
	static const char crio[] = "io.kubernetes.cri-o.";
	bool is_crio = strncmp(key, crio, strlen(crio)) == 0;

	switch (naming) {
	case NAMING_CONTAINERD:
		return !is_crio;
	case NAMING_CRIO:
		return is_crio;
	case NAMING_ENGINE:
		break;
	}
	return false;
}

const char *workload_annotation(const struct json *annotations,
				enum naming naming, const char *const keys[])
{
	const char *text;

	for (; *keys; keys++)
		if (is_written_by(naming, *keys) &&
		    json_string(json_get(annotations, *keys), &text) && *text)
			return text;
	return NULL;
}

static const char *find(const struct workload_source *source,
			const char *const keys[], const char *otherwise)
{
	const char *text =
		workload_annotation(source->annotations, source->naming, keys);

	return text ? text : otherwise;
}

void workload_find(const struct workload_source *source, struct workload *ret)
{
	const char *slash =
		source->runtime ? strrchr(source->runtime, '/') : NULL;

	*ret = (struct workload){
		.image = find(source, images, source->image),
		.namespace = find(source, namespaces, NULL),
		.pod = find(source, pods, NULL),
		.container = find(source, names, source->name),
		.runtime = slash ? slash + 1 : source->runtime,
		.annotations = source->annotations,
	};
}
