#include "place_internal.h"

#include "layers.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* "folder FS INODE BIRTH PATH", then the same of those above, "above …". */
static const char folder_word[] = "folder ";
static const char above_word[] = "above ";

/* "FS INODE BIRTH": the birth time because numbers are used again. False: it
 * doesn't exist. */
static bool read_name(const char *path, char **ret)
{
	struct buffer name = BUFFER_INIT;
	bool unique = true;
	bool found = layers_name_folder(path, &name, &unique, NULL) == 0 &&
		     unique && !buffer_failed(&name) && name.len > 0;

	if (found)
		name.data[name.len - 1] = '\0'; /* its newline */
	if (found)
		*ret = PTR_MOVE(name.data);
	buffer_clear(&name);
	return found;
}

static void add_line(const char *word, const char *path, struct buffer *text)
{
	OWNED(free_owned) char *name = NULL;
	OWNED(free_owned) char *line = NULL;

	if (!read_name(path, &name))
		return;
	line = text_format("%s%s %s\n", word, name, path);
	if (!line)
		return;
	if (!text->data || !strstr(text->data, line))
		buffer_append(text, line, strlen(line));
}

/* The folder above; false at the root. */
static bool to_above(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || strcmp(path, "/") == 0)
		return false;
	slash[slash == path] = '\0';
	return true;
}

void place_describe(const char *path, struct buffer *text)
{
	OWNED(free_owned) char *at = realpath(path, NULL);

	if (!at || strchr(at, '\n'))
		return;
	add_line(folder_word, at, text);
	while (to_above(at))
		add_line(above_word, at, text);
}

/* One line's name and path; both end within line. */
static bool split(char *line, char **ret_name, char **ret_path)
{
	char *path = strstr(line, " /");

	if (!path)
		return false;
	*path = '\0';
	*ret_name = line;
	*ret_path = path + 1;
	return true;
}

static bool is_still(const char *path, const char *name)
{
	OWNED(free_owned) char *now = NULL;

	return read_name(path, &now) && strcmp(now, name) == 0;
}

/* The name that text has for a folder above; malloc'ed. */
static char *find_above(const char *text, const char *path)
{
	OWNED(free_owned) char *end = text_format(" %s\n", path);
	const char *at = text;

	if (!end)
		return NULL;
	while ((at = strstr(at, above_word))) {
		const char *name = at + strlen(above_word);
		size_t len = strcspn(name, "\n") + 1;

		if (len > strlen(end) && name[len - 1] == '\n' &&
		    strncmp(name + len - strlen(end), end, strlen(end)) == 0)
			return strndup(name, len - strlen(end));
		at = name;
	}
	return NULL;
}

/* True if the nearest existing folder above is the recorded one. */
static bool is_reachable(const char *text, const char *path)
{
	OWNED(free_owned) char *at = strdup(path);
	struct stat st;

	while (at && to_above(at)) {
		OWNED(free_owned) char *name = NULL;

		if (lstat(at, &st) < 0)
			continue;
		name = find_above(text, at);
		return name && is_still(at, name);
	}
	return false;
}

/* True if it doesn't exist, and not only because of an error of ours. */
static bool is_absent(const char *path, const char *name)
{
	OWNED(free_owned) char *now = NULL;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return read_name(path, &now) && strcmp(now, name) != 0;
}

static bool line_is_gone(const char *text, char *line)
{
	char *name;
	char *path;

	return split(line, &name, &path) && is_absent(path, name) &&
	       is_reachable(text, path);
}

bool place_is_gone(const char *text)
{
	OWNED(free_owned) char *copy = strdup(text);
	char *rest = NULL;

	for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		if (strncmp(line, folder_word, strlen(folder_word)) == 0 &&
		    line_is_gone(text, line + strlen(folder_word)))
			return true;
	return false;
}
