#include "arrivals_internal.h"

#include "location.h"
#include "mountinfo.h"
#include "propagation.h"
#include "stat.h"
#include "target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRIES = 4, /* a table that changes while it is read is read again */
	/* A container may have 100,000 mounts of its own (fs.mount-max), which
	 * cost a tenth of a second at each of its programs. */
	CONTAINERS_MAX = 4 * 1024 * 1024,
	HOSTS_MAX = 16 * 1024 * 1024,
};

struct arrivals {
	const char *upper;
	/* The container's first task, through which the baseline was recorded:
	 * its root is the container's, while another task may have a root of
	 * its own. */
	pid_t first;
	/* The container was started with a mount that it shares with others, as
	 * for rshared: a mount that it makes there is the host's, too, and
	 * comes back to it through any other bind. */
	bool shared;
	struct propagation_bind *binds;
	size_t *above; /* index of the bind above each mount, or its own */
	size_t count;
};

struct arrivals *arrivals_new(const char *upper)
{
	struct arrivals *arrivals = calloc(1, sizeof(*arrivals));

	if (arrivals)
		arrivals->upper = upper;
	return arrivals;
}

static void remember(struct arrivals *arrivals,
		     const struct mountinfo_line *line)
{
	struct propagation_bind *bind = &arrivals->binds[arrivals->count];

	*bind = (struct propagation_bind){
		.id = line->id,
		.device = line->device,
		.root = strdup(line->root),
		.point = strdup(line->point),
	};
	if (!bind->root || !bind->point) {
		free(bind->root);
		free(bind->point);
		return;
	}
	arrivals->above[arrivals->count] = arrivals->count;
	arrivals->count++;
}

/* The container's root, and parts of it that are mounted on themselves, get the
 * mounts of their folder on the host; they are no binds. */
static bool is_of_root(const struct mountinfo *info,
		       const struct mountinfo_line *line)
{
	for (size_t i = 0; i < info->count; i++) {
		const struct mountinfo_line *root = &info->lines[i];

		if (strcmp(root->point, "/") != 0)
			continue;
		return line == root ||
		       (line->device == root->device &&
			location_is_within(line->root, root->root));
	}
	return true;
}

/* Treat mounts that came with a recursive bind as if they came later. */
static void relate(struct arrivals *arrivals, const struct mountinfo *info)
{
	struct mountinfo host = MOUNTINFO_INIT;
	struct propagation traced;
	struct err e;

	if (!arrivals->binds || !arrivals->above ||
	    mountinfo_read(0, HOSTS_MAX, &host, &e) < 0)
		return;
	for (size_t i = 0; i < arrivals->count; i++) {
		const struct mountinfo_line *line =
			mountinfo_find(info, arrivals->binds[i].id);

		if (line && propagation_trace(info, &host, arrivals->binds,
					      arrivals->count, line, &traced))
			arrivals->above[i] = arrivals->above[traced.bind];
	}
	mountinfo_clear(&host);
}

void arrivals_learn(struct arrivals *arrivals, pid_t tid)
{
	struct mountinfo info = MOUNTINFO_INIT;
	struct err e;

	if (arrivals->binds || mountinfo_read(tid, HOSTS_MAX, &info, &e) < 0)
		return;
	arrivals->first = tid;
	arrivals->binds = calloc(info.count + 1, sizeof(*arrivals->binds));
	arrivals->above = calloc(info.count + 1, sizeof(*arrivals->above));
	for (size_t i = 0; i < info.count; i++)
		arrivals->shared = arrivals->shared || info.lines[i].shared;
	for (size_t i = 0; arrivals->binds && arrivals->above && i < info.count;
	     i++)
		if (info.lines[i].master && !is_of_root(&info, &info.lines[i]))
			remember(arrivals, &info.lines[i]);
	if (arrivals->count && !arrivals->shared)
		relate(arrivals, &info);
	mountinfo_clear(&info);
}

const char *arrivals_bind(const struct arrivals *arrivals, uint64_t mount)
{
	for (size_t i = 0; i < arrivals->count; i++)
		if (arrivals->binds[i].id == (int)mount)
			return arrivals->binds[arrivals->above[i]].point;
	return NULL;
}

/* A judgement's question, and the two tables that answer it. */
struct question {
	const struct arrivals *arrivals;
	int fd;
	const struct identity *id;
	const char *path;
	struct mountinfo container, host;
};

/* Read the mounts as the task sees them. If its root isn't the topmost of its
 * mount namespace, all paths of the table differ: a chroot could move a mount
 * to a path of an exception. The root that was opened and that of the table are
 * one if the mount of the former is at "/" there. */
static bool read_container(struct question *question, pid_t tid)
{
	OWNED(close_owned) int root = -1;
	const struct mountinfo_line *top;
	struct identity id;
	char path[PATH_MAX];
	struct err e;

	mountinfo_clear(&question->container);
	if (mountinfo_read(tid, CONTAINERS_MAX, &question->container, &e) < 0 ||
	    target_open_link(tid, "root", &root, &e) < 0 ||
	    target_path_of(root, path, sizeof(path), &e) < 0 ||
	    strcmp(path, "/") != 0 ||
	    stat_identity(root, "", AT_EMPTY_PATH, &id) < 0)
		return false;
	top = mountinfo_find(&question->container, (int)id.mount);
	return top && strcmp(top->point, "/") == 0 &&
	       mountinfo_find(&question->container, (int)question->id->mount);
}

/* True if the mount is now at the file's path: it isn't being moved. */
static bool is_there(const struct question *question,
		     const struct mountinfo_line *mount)
{
	char path[PATH_MAX];
	struct err e;

	return question->path &&
	       target_path_of(question->fd, path, sizeof(path), &e) == 0 &&
	       strcmp(path, question->path) == 0 &&
	       location_is_within(path, mount->point);
}

static bool trace(const struct question *question,
		  const struct mountinfo_line *mount, struct arrived *ret)
{
	const struct arrivals *arrivals = question->arrivals;
	struct propagation traced;

	if (!is_there(question, mount) ||
	    !propagation_trace(&question->container, &question->host,
			       arrivals->binds, arrivals->count, mount,
			       &traced))
		return false;
	ret->bind = arrivals->binds[arrivals->above[traced.bind]].point;
	ret->read_only =
		traced.read_only &&
		!propagation_shows(&question->host, mount, arrivals->upper);
	return snprintf(ret->point, PATH_MAX, "%s", mount->point) < PATH_MAX;
}

/* Look once. False: the mounts changed meanwhile, so that the result is
 * void. */
static bool look(struct question *question, pid_t tid,
		 enum arrival *ret_arrival, struct arrived *ret)
{
	const struct mountinfo_line *mount;
	struct err e;

	*ret_arrival = ARRIVAL_OWN;
	if (!read_container(question, tid) &&
	    !read_container(question, question->arrivals->first))
		return mountinfo_stands(&question->container);
	mount = mountinfo_find(&question->container, (int)question->id->mount);
	if (!mount->master)
		return mountinfo_stands(&question->container);
	*ret_arrival = ARRIVAL_UNSEEN;
	mountinfo_clear(&question->host);
	if (mountinfo_read(0, HOSTS_MAX, &question->host, &e) < 0)
		return true;
	if (trace(question, mount, ret))
		*ret_arrival = ARRIVAL_PROPAGATED;
	/* A mount that the host unmounts meanwhile was the host's all the
	 * same. */
	return mountinfo_stands(&question->container) &&
	       (*ret_arrival == ARRIVAL_PROPAGATED ||
		mountinfo_stands(&question->host));
}

enum arrival arrivals_find(const struct arrivals *arrivals, pid_t tid, int fd,
			   const struct identity *id, const char *path,
			   struct arrived *ret)
{
	struct question question = {
		.arrivals = arrivals,
		.fd = fd,
		.id = id,
		.path = path,
		.container = MOUNTINFO_INIT,
		.host = MOUNTINFO_INIT,
	};
	enum arrival arrival = ARRIVAL_OWN;
	bool stands = false;

	if (arrivals->shared)
		return ARRIVAL_SHARED;
	if (!arrivals->count)
		return ARRIVAL_OWN;
	for (int i = 0; i < TRIES && !stands; i++)
		stands = look(&question, tid, &arrival, ret);
	mountinfo_clear(&question.container);
	mountinfo_clear(&question.host);
	if (stands)
		return arrival;
	return arrival == ARRIVAL_OWN ? ARRIVAL_OWN : ARRIVAL_UNSEEN;
}
