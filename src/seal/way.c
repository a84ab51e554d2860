#include "way_internal.h"

#include "file.h"
#include "filesystem.h"
#include "stat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40, /* as in the kernel (MAXSYMLINKS) */
	/* A container that writes links on the way can make a path lead through
	   forty times as many folders as it has names. */
	FOLDERS_MAX = 256,
};

struct way {
	const struct mounts *mounts;
	struct location *list;
	size_t count;
	int at;	    /* the folder that was reached */
	char *rest; /* the path from there */
	int links;
};

static void way_owned(struct way *way)
{
	for (size_t i = 0; i < way->count; i++)
		location_clear(&way->list[i]);
	free(way->list);
	free(way->rest);
	close_owned(&way->at);
}

static bool is_known(const struct way *way, const struct identity *id)
{
	for (size_t i = 0; i < way->count; i++)
		if (identity_same_file(&way->list[i].identity, id) &&
		    way->list[i].identity.mount == id->mount)
			return true;
	return false;
}

static int add_folder(struct way *way, struct err *e)
{
	struct location *more;
	struct identity id;

	if (stat_identity(way->at, "", AT_EMPTY_PATH, &id) == 0 &&
	    is_known(way, &id))
		return 0;
	if (way->count == FOLDERS_MAX)
		return err_set(e, ELOOP, "follow a path through %d folders",
			       FOLDERS_MAX);
	more = reallocarray(way->list, way->count + 1, sizeof(*more));
	if (!more)
		return err_set(e, ENOMEM, "follow a path");
	way->list = more;
	if (location_find(way->mounts, way->at, &more[way->count], e) < 0)
		return -1;
	way->count++;
	return 0;
}

static int open_top(void)
{
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Continue with the link's path. */
static int follow(struct way *way, int link, const char *behind, struct err *e)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(link, "", target, sizeof(target) - 1);
	char *rest = NULL;

	if (len <= 0 || ++way->links > LINKS_MAX)
		return 1;
	target[len] = '\0';
	rest = file_in(target, behind);
	if (!rest)
		return err_set(e, ENOMEM, "follow a path");
	free(way->rest);
	way->rest = rest;
	if (*target != '/')
		return 0;
	close_owned(&way->at);
	way->at = open_top();
	return way->at < 0;
}

/* Go one name further. 1: the path is at its end, or can't be opened. */
static int step(struct way *way, struct err *e)
{
	char *name = way->rest + strspn(way->rest, "/");
	size_t len = strcspn(name, "/");
	const char *behind = name + len + (name[len] == '/');
	OWNED(close_owned) int next = -1;
	struct stat st;

	if (!len)
		return 1;
	name[len] = '\0';
	if (add_folder(way, e) < 0)
		return -1;
	next = openat(way->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0 || fstat(next, &st) < 0)
		return 1;
	/* Links of procfs don't lead to the path that they show. */
	if (S_ISLNK(st.st_mode) && !filesystem_is_kernels(next))
		return follow(way, next, behind, e);
	if (S_ISLNK(st.st_mode)) {
		close_owned(&next);
		next = openat(way->at, name, O_PATH | O_CLOEXEC);
	}
	close_owned(&way->at);
	way->at = FD_MOVE(next);
	memmove(way->rest, behind, strlen(behind) + 1);
	return way->at < 0;
}

int way_find(const struct mounts *mounts, const char *path,
	     struct location **ret, size_t *ret_count, struct err *e)
{
	OWNED(way_owned)
	struct way way = {
		.mounts = mounts, .at = open_top(), .rest = strdup(path)};
	int rc = 0;

	if (!way.rest)
		return err_set(e, ENOMEM, "follow a path");
	while (rc == 0 && way.at >= 0)
		rc = step(&way, e);
	if (rc < 0)
		return -1;
	*ret = PTR_MOVE(way.list);
	*ret_count = way.count;
	way.count = 0;
	return 0;
}

/* The folder above at, in its file system: a bind may show at alone. */
static bool is_written_above(const struct writers *writers,
			     const struct location *at)
{
	OWNED(free_owned) char *folder = strdup(at->folder);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	struct location above = *at;

	if (!slash)
		return true;
	if (strcmp(at->folder, "/") == 0)
		return false;
	slash[slash == folder] = '\0';
	above.folder = folder;
	above.identity = (struct identity){0};
	above.birth_ns = 0;
	return writers_hold(writers, &above);
}

bool way_holds(const struct writers *writers, const struct location *way,
	       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (writers_hold(writers, &way[i]))
			return true;
	return false;
}

bool way_is_written(const struct writers *writers, const struct location *way,
		    size_t count, const struct location *at)
{
	return is_written_above(writers, at) || way_holds(writers, way, count);
}

bool way_leads_through(const struct location *way, size_t count,
		       const struct location *place)
{
	for (size_t i = 0; i < count; i++) {
		enum relation relation = location_relation(&way[i], place);

		if (relation == LOCATION_SAME || relation == LOCATION_BELOW)
			return true;
	}
	return false;
}
