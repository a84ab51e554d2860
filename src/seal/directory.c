#include "directory.h"

#include "container.h"
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char back_name[] = "directory";

/* The target of the link at path; NULL: it is none. */
static char *target_of(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = path ? readlink(path, target, sizeof(target)) : -1;

	return n > 0 && (size_t)n < sizeof(target) ? strndup(target, (size_t)n)
						   : NULL;
}

void directory_make_way(const char *folder)
{
	OWNED(free_owned) char *target = target_of(folder);

	if (target && !container_supervisor(target))
		(void)unlink(folder);
}

int directory_add(const char *folder, const char *home, struct err *e)
{
	const char *slash = strrchr(folder, '/');
	OWNED(free_owned) char *link = NULL;
	OWNED(free_owned) char *back = file_in(folder, back_name);

	if (!home || !slash || !back)
		return err_set(e, 0, "there is no place for a link");
	link = file_in(home, slash + 1);
	if (!link)
		return err_set(e, ENOMEM, "link to %s", folder);
	if (strcmp(link, folder) == 0)
		return 0;
	if (file_make_dirs(home, 0700, e) < 0)
		return -1;
	directory_make_way(link);
	if (symlink(folder, link) < 0)
		return err_set(e, errno, "make the link %s", link);
	(void)unlink(back);
	if (symlink(link, back) == 0)
		return 0;
	(void)err_set(e, errno, "make the link %s", back);
	(void)unlink(link);
	return -1;
}

static bool is_folder(const char *path)
{
	return path && access(path, F_OK) == 0;
}

char *directory_find(const char *state_dir, const char *home, const char *root,
		     const char *id)
{
	OWNED(free_owned) char *folder = NULL;
	OWNED(free_owned) char *target = NULL;

	if (state_dir)
		folder = container_folder(state_dir, root, id);
	if (!is_folder(folder)) {
		free(folder);
		folder = home ? container_folder(home, root, id) : NULL;
	}
	if (!is_folder(folder))
		return NULL;
	target = target_of(folder);
	return target ? PTR_MOVE(target) : PTR_MOVE(folder);
}

void directory_forget(const char *folder)
{
	OWNED(free_owned) char *back = file_in(folder, back_name);
	OWNED(free_owned) char *link = target_of(back);
	OWNED(free_owned) char *target = target_of(link);

	if (target && strcmp(target, folder) == 0)
		(void)unlink(link);
	if (back)
		(void)unlink(back);
}
