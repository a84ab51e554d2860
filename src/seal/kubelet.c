#include "kubelet_internal.h"

#include "seals.h"
#include "storage_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its usual place on the host, where only a process with access to it makes
 * folders. */
static const char usual[] = "/var/lib/kubelet/";
/* In other places it is recognized by this name. */
static const char name[] = "/kubelet";

/* Lengths of parts of a path: the kubelet's, and the pod's. */
struct shown {
	const char *pod;
	size_t kubelet_len;
	size_t folder_len; /* 0: it isn't the kubelet's */
	size_t len;
};

/* The length of KUBELET/pods/UID; 0 if that isn't its form. */
static size_t find_home(const char *folder, size_t len)
{
	size_t up = 2;

	while (up && len)
		up -= folder[--len] == '/';
	return len >= strlen(name) && strncmp(folder + len - strlen(name), name,
					      strlen(name)) == 0
		       ? len
		       : 0;
}

static bool is_kubelets(const void *context, const char *path)
{
	/* The caller's own, which isn't const. */
	struct shown *shown = *(struct shown *const *)context;
	size_t len = storage_managed(path, shown->pod);
	size_t home = find_home(path, len);
	OWNED(free_owned) char *folder = home ? strndup(path, len) : NULL;
	struct stat st;

	/* Only the kubelet makes folders there. */
	if (!folder || lstat(folder, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022))
		return false;
	shown->kubelet_len =
		strncmp(path, usual, strlen(usual)) == 0 ? 0 : home;
	shown->folder_len = len;
	shown->len = strlen(path);
	return true;
}

/* The volume's folder in its file system, without this many of the last bytes.
 * On a file system of its own, as secrets are, there is nothing above it. */
static char *above(const struct location *at, size_t less)
{
	size_t len = strlen(at->folder);

	return len > less ? strndup(at->folder, len - less) : strdup("/");
}

int kubelet_find(const struct container *container, const struct mounts *mounts,
		 const struct location *at, struct kubelet_folders *ret,
		 struct err *e)
{
	struct shown shown = {.pod = seals_pod(container)};
	struct shown *const context = &shown;

	*ret = (struct kubelet_folders){0};
	if (!shown.pod || !mounts_show(mounts, at, is_kubelets, &context))
		return 0;
	ret->pod = above(at, shown.len - shown.folder_len);
	ret->kubelet = shown.kubelet_len
			       ? above(at, shown.len - shown.kubelet_len)
			       : strdup("/");
	return ret->pod && ret->kubelet
		       ? 0
		       : err_set(e, ENOMEM, "look at a volume");
}

void kubelet_clear(struct kubelet_folders *folders)
{
	free(folders->pod);
	free(folders->kubelet);
}
