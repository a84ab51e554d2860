#include "workload.h"

#include "test.h"

#include <string.h>

static const struct {
	const char *name;
	const char *annotations;
	enum naming naming;
	const char *image; /* the names that are found */
	const char *container;
	const char *namespace;
	const char *pod;
} rows[] = {
	{"no annotations", "{}", NAMING_CONTAINERD, "own-image", "own-name",
	 NULL, NULL},
	{"containerd",
	 "{\"io.kubernetes.cri.image-name\":\"i\","
	 "\"io.kubernetes.cri.container-name\":\"c\","
	 "\"io.kubernetes.cri.sandbox-namespace\":\"n\","
	 "\"io.kubernetes.cri.sandbox-name\":\"p\"}",
	 NAMING_CONTAINERD, "i", "c", "n", "p"},
	{"CRI-O",
	 "{\"io.kubernetes.cri-o.ImageName\":\"i\","
	 "\"io.kubernetes.cri-o.ContainerName\":\"c\","
	 "\"io.kubernetes.cri-o.Namespace\":\"n\","
	 "\"io.kubernetes.cri-o.KubeName\":\"p\"}",
	 NAMING_CRIO, "i", "c", "n", "p"},
	{"a pod of CRI-O's that says what containerd would",
	 "{\"io.kubernetes.cri.image-name\":\"x\","
	 "\"io.kubernetes.cri-o.ImageName\":\"i\","
	 "\"io.kubernetes.container.name\":\"x\","
	 "\"io.kubernetes.cri.sandbox-namespace\":\"x\","
	 "\"io.kubernetes.pod.name\":\"x\"}",
	 NAMING_CRIO, "i", "own-name", NULL, NULL},
	{"a pod of containerd's that says what CRI-O would",
	 "{\"io.kubernetes.cri-o.ImageName\":\"x\","
	 "\"io.kubernetes.cri-o.Namespace\":\"x\"}",
	 NAMING_CONTAINERD, "own-image", "own-name", NULL, NULL},
	{"an empty one", "{\"io.kubernetes.cri.image-name\":\"\"}",
	 NAMING_CONTAINERD, "own-image", "own-name", NULL, NULL},
	{"one that is no text", "{\"io.kubernetes.cri.image-name\":7}",
	 NAMING_CONTAINERD, "own-image", "own-name", NULL, NULL},
	{"an image that claims to be another, with podman",
	 "{\"io.kubernetes.cri.image-name\":\"i\","
	 "\"io.kubernetes.cri.container-name\":\"c\","
	 "\"io.kubernetes.pod.namespace\":\"n\","
	 "\"io.kubernetes.cri.sandbox-name\":\"p\"}",
	 NAMING_ENGINE, "own-image", "own-name", NULL, NULL},
};

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = rows[i].annotations;
		OWNED(json_owned) struct json *annotations = NULL;
		struct workload found;

		CHECK(rows[i].name,
		      json_parse(text, strlen(text), &annotations, NULL) == 0);
		workload_find(
			&(struct workload_source){
				.annotations = annotations,
				.name = "own-name",
				.image = "own-image",
				.naming = rows[i].naming,
				.runtime = "/usr/bin/runc",
			},
			&found);
		CHECK(rows[i].name, same(found.image, rows[i].image));
		CHECK(rows[i].name, same(found.container, rows[i].container));
		CHECK(rows[i].name, same(found.namespace, rows[i].namespace));
		CHECK(rows[i].name, same(found.pod, rows[i].pod));
		CHECK(rows[i].name, same(found.runtime, "runc"));
		CHECK(rows[i].name, found.annotations == annotations);
	}
	TEST_END();
}
