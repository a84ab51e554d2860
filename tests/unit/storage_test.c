#include "storage_internal.h"

#include "test.h"

#include <string.h>

#define UID "0b6b4a35-7cbd-4d7a-9d1f-5d1b3f0f5a01"
#define POD "/var/lib/kubelet/pods/" UID

static const struct {
	const char *name;
	const char *path;
	const char *pod;    /* NULL: any */
	const char *folder; /* of the pod; NULL: not the kubelet's alone */
} rows[] = {
	{"an emptyDir, which containers write",
	 POD "/volumes/kubernetes.io~empty-dir/x", UID, NULL},
	{"a host's folder", POD "/volumes/kubernetes.io~host-path/x", UID,
	 NULL},
	{"a kind that begins like a secret",
	 POD "/volumes/kubernetes.io~secretive/x", UID, NULL},
	{"a kind without a volume", POD "/volumes/kubernetes.io~secret", UID,
	 NULL},
	{"another pod's secret", POD "/volumes/kubernetes.io~secret/x",
	 "0b6b4a35-7cbd-4d7a-9d1f-5d1b3f0f5a02", NULL},
	{"a pod whose name begins like this one's",
	 POD "/volumes/kubernetes.io~secret/x",
	 "0b6b4a35-7cbd-4d7a-9d1f-5d1b3f0f5a", NULL},
	{"a pod whose name this one's begins",
	 POD "/volumes/kubernetes.io~secret/x", UID "0", NULL},
	{"a pod without a name",
	 "/var/lib/kubelet/pods//volumes/"
	 "kubernetes.io~secret/x",
	 NULL, NULL},
	{"a volume's name made in an emptyDir",
	 POD "/volumes/kubernetes.io~empty-dir/x/pods/" UID
	     "/volumes/kubernetes.io~secret/x",
	 UID, NULL},
	{"a folder of the pod beside its volumes",
	 POD "/etc-hosts/volumes/kubernetes.io~secret/x", UID, NULL},
	{"a folder between", POD "/volumes/a/kubernetes.io~secret/x", UID,
	 NULL},
	{"no path", "", UID, NULL},
	{"the pod's folder alone", POD, UID, NULL},
	{"a path that ends where the uid begins", "/var/lib/kubelet/pods/",
	 NULL, NULL},
	{"a secret", POD "/volumes/kubernetes.io~secret/x", UID, POD},
	{"a ConfigMap", POD "/volumes/kubernetes.io~configmap/x/y", UID, POD},
	{"a projected volume", POD "/volumes/kubernetes.io~projected/x", UID,
	 POD},
	{"the downward API", POD "/volumes/kubernetes.io~downward-api/x", UID,
	 POD},
	{"a secret of any pod", POD "/volumes/kubernetes.io~secret/x", NULL,
	 POD},
	{"a kubelet with a folder of its own",
	 "/srv/kubelet/pods/" UID "/volumes/kubernetes.io~secret/x", UID,
	 "/srv/kubelet/pods/" UID},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK(rows[i].name,
		      storage_managed(rows[i].path, rows[i].pod) ==
			      (rows[i].folder ? strlen(rows[i].folder) : 0));
	TEST_END();
}
