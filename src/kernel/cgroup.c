#include "cgroup.h"

#include "attr.h"
#include "text.h"

#include <errno.h>
#include <libmount.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether one of a list, which a colon ends, is name. */
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

static void table_owned(struct libmnt_table **table)
{
	mnt_unref_table(*table);
}

static void iterator_owned(struct libmnt_iter **iterator)
{
	mnt_free_iter(*iterator);
}

static bool is_hierarchy(struct libmnt_fs *fs, const char *controller)
{
	const char *type = mnt_fs_get_fstype(fs);
	const char *options = mnt_fs_get_fs_options(fs);
	char *value;
	size_t len;

	if (!type)
		return false;
	if (*controller == '\0')
		return strcmp(type, "cgroup2") == 0;
	return strcmp(type, "cgroup") == 0 && options &&
	       mnt_optstr_get_option(options, controller, &value, &len) == 0;
}

/* The part of path that lies below the mount; NULL: it doesn't. */
static const char *below(struct libmnt_fs *fs, const char *path)
{
	const char *root = mnt_fs_get_root(fs);
	size_t len = root ? strlen(root) : 0;

	if (!root || strcmp(root, "/") == 0)
		return path;
	if (strncmp(path, root, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

static int name_folder(struct libmnt_fs *fs, const char *rest,
		       char **ret_folder, char **ret_mount, struct err *e)
{
	const char *target = mnt_fs_get_target(fs);
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
	OWNED(table_owned)
	struct libmnt_table *table =
		mnt_new_table_from_file("/proc/self/mountinfo");
	OWNED(iterator_owned)
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_BACKWARD);
	OWNED(free_owned) char *path = NULL;
	struct libmnt_fs *fs = NULL;
	size_t len;
	const char *at = cgroup_path(text, controller, &len);
	const char *rest;

	/* "/..": seen from a cgroup namespace that it isn't in. */
	if (!at || strncmp(at, "/..", 3) == 0)
		return err_set(e, ENOENT, "it has no cgroup that is seen here");
	path = strndup(at, len);
	if (!table || !iterator || !path)
		return err_set(e, ENOMEM, "find a cgroup");
	while (mnt_table_next_fs(table, iterator, &fs) == 0)
		if (is_hierarchy(fs, controller) && (rest = below(fs, path)))
			return name_folder(fs, rest, ret_folder, ret_mount, e);
	return err_set(e, ENOENT, "the %s hierarchy isn't mounted",
		       *controller ? controller : "cgroup2");
}
