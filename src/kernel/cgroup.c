#include "cgroup.h"

#include "attr.h"
#include "location.h"
#include "mountinfo.h"
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* True if name is in the list, which a colon ends. */
static bool lists(const char *list, const char *name)
{
	size_t len = strlen(name);

	while (*list != ':') {
		size_t part = strcspn(list, ",:");

		if (part == len && memcmp(list, name, len) == 0)
			return true;
		list += part;
		list += *list == ',';
	}
	return len == 0;
}

const char *cgroup_path(const char *text, const char *controller,
			size_t *ret_len)
{
	for (const char *line = text; *line;
	     line += strcspn(line, "\n"), line += *line == '\n') {
		const char *list = line + strspn(line, "0123456789");
		size_t len = strcspn(line, "\n");
		const char *end;

		if (*list++ != ':')
			continue;
		end = memchr(list, ':', len - (size_t)(list - line));
		if (!end || (*controller == '\0') != (end == list) ||
		    !lists(list, controller))
			continue;
		*ret_len = len - (size_t)(end + 1 - line);
		return end + 1;
	}
	return NULL;
}

static bool is_hierarchy(const struct mountinfo_line *line,
			 const char *controller)
{
	if (!line->type)
		return false;
	if (*controller == '\0')
		return strcmp(line->type, "cgroup2") == 0;
	return strcmp(line->type, "cgroup") == 0 &&
	       mountinfo_has_option(line, controller);
}

/* The part of path below the mount; NULL: path doesn't lie there. */
static const char *below(const struct mountinfo_line *line, const char *path)
{
	size_t root = strcmp(line->root, "/") == 0 ? 0 : strlen(line->root);

	return location_is_within(path, line->root) ? path + root : NULL;
}

static int name_folder(const char *target, const char *rest, char **ret_folder,
		       char **ret_mount, struct err *e)
{
	char *folder =
		text_format("%s%s", target, strcmp(rest, "/") == 0 ? "" : rest);

	if (!folder)
		return err_set(e, ENOMEM, "find a cgroup");
	*ret_mount = strdup(target);
	if (!*ret_mount) {
		free(folder);
		return err_set(e, ENOMEM, "find a cgroup");
	}
	*ret_folder = folder;
	return 0;
}

int cgroup_folder(const char *text, const char *controller, char **ret_folder,
		  char **ret_mount, struct err *e)
{
	OWNED(mountinfo_clear) struct mountinfo mounts = MOUNTINFO_INIT;
	OWNED(free_owned) char *path = NULL;
	size_t len;
	const char *at = cgroup_path(text, controller, &len);
	const char *rest;

	/* "/..": we are in a cgroup namespace that the cgroup isn't in. */
	if (!at || strncmp(at, "/..", 3) == 0)
		return err_set(e, ENOENT, "it has no cgroup that is seen here");
	path = strndup(at, len);
	if (!path)
		return err_set(e, ENOMEM, "find a cgroup");
	if (mountinfo_read(0, SIZE_MAX, &mounts, e) < 0)
		return err_wrap(e, "find a cgroup");
	for (size_t i = mounts.count; i-- > 0;) {
		const struct mountinfo_line *line = &mounts.lines[i];

		if (is_hierarchy(line, controller) &&
		    (rest = below(line, path)))
			return name_folder(line->point, rest, ret_folder,
					   ret_mount, e);
	}
	return err_set(e, ENOENT, "the %s hierarchy isn't mounted",
		       *controller ? controller : "cgroup2");
}
