#include "workload.h"

#include <string.h>

/* By containerd's CRI plugin, by the kubelet (CRI-O hands its labels on), and
 * by CRI-O. podman and docker set none of these. */
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

/* The first of the annotations that is there, else otherwise. */
static const char *annotation(const struct workload_source *source,
			      const char *const keys[], const char *otherwise)
{
	const char *text;

	for (; !source->engine_named && *keys; keys++)
		if (json_string(json_get(source->annotations, *keys), &text) &&
		    *text)
			return text;
	return otherwise;
}

void workload_find(const struct workload_source *source, struct workload *ret)
{
	const char *slash =
		source->runtime ? strrchr(source->runtime, '/') : NULL;

	*ret = (struct workload){
		.image = annotation(source, images, source->image),
		.namespace = annotation(source, namespaces, NULL),
		.pod = annotation(source, pods, NULL),
		.container = annotation(source, names, source->name),
		.runtime = slash ? slash + 1 : source->runtime,
		.annotations = source->annotations,
	};
}
