#include "layers_internal.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORD_MAX = 1024 * 1024 };

/* The names, as the table shows them. */
struct shown {
	char *names[LAYERS_MAX];
	size_t count;
	bool complete;	/* every option could be read */
	bool read_only; /* the overlay as a whole */
};

static void shown_owned(struct shown *shown)
{
	for (size_t i = 0; i < shown->count; i++)
		free(shown->names[i]);
	shown->count = 0;
}

static bool is_octal(const char *at)
{
	return at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' &&
	       at[2] <= '7' && at[3] >= '0' && at[3] <= '7';
}

/* One character as it was given to mount: the kernel shows some as octal
 * escapes (seq_escape). */
static char next_character(const char **at)
{
	char c = **at;

	if (is_octal(*at)) {
		c = (char)(((*at)[1] - '0') * 64 + ((*at)[2] - '0') * 8 +
			   ((*at)[3] - '0'));
		*at += 3;
	}
	*at += 1;
	return c;
}

/* The next name of a list; *at is then at its colon, or at the end. A colon
 * that belongs to a name is shown as \072, or with the backslash that escaped
 * it in the mount's options. */
static char *next_name(const char **at, const char *end)
{
	char *name = malloc((size_t)(end - *at) + 1);
	size_t len = 0;

	if (!name)
		return NULL;
	while (*at < end && **at != ':') {
		char c = next_character(at);

		if (c == '\\' && *at < end)
			c = next_character(at);
		name[len++] = c;
	}
	name[len] = '\0';
	return name;
}

static int add_names(const char *list, const char *end, struct shown *shown,
		     struct err *e)
{
	for (;; list++) {
		if (shown->count == LAYERS_MAX) {
			shown->complete = false;
			return 0;
		}
		shown->names[shown->count] = next_name(&list, end);
		if (!shown->names[shown->count])
			return err_set(e, ENOMEM, "read the layers");
		shown->count++;
		if (list >= end)
			return 0;
	}
}

static bool is_named(const char *option, size_t len, const char *name)
{
	return len > strlen(name) && strncmp(option, name, strlen(name)) == 0 &&
	       option[strlen(name)] == '=';
}

/* lowerdir=A:B, or lowerdir+=A,lowerdir+=B of the newer interface. */
static int read_option(const char *option, const char *end, struct shown *lower,
		       char **ret_upper, struct err *e)
{
	const size_t len = (size_t)(end - option);
	const char *value = memchr(option, '=', len);

	if (len == 2 && strncmp(option, "ro", len) == 0)
		lower->read_only = true;
	if (!value)
		return 0;
	value++;
	if (is_named(option, len, "lowerdir") ||
	    is_named(option, len, "lowerdir+"))
		return add_names(value, end, lower, e);
	/* Data-only layers: other layers decide what these show. */
	if (is_named(option, len, "datadir+"))
		lower->complete = false;
	if (!is_named(option, len, "upperdir") || *ret_upper)
		return 0;
	*ret_upper = next_name(&value, end);
	return *ret_upper ? 0 : err_set(e, ENOMEM, "read the layers");
}

static int read_options(const char *options, struct shown *lower,
			char **ret_upper, struct err *e)
{
	const char *end;

	lower->complete = true;
	for (; *options; options = *end ? end + 1 : end) {
		/* A comma in a name is shown as an escape. */
		end = options + strcspn(options, ",");
		if (read_option(options, end, lower, ret_upper, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* name relative to base; NULL if there is no such folder. */
static char *folder_from(const char *base, const char *name)
{
	OWNED(free_owned) char *path = NULL;

	if (name[0] == '\0')
		return NULL;
	if (name[0] == '/')
		path = strdup(name);
	else
		path = file_in(base, name);
	return is_folder(path) ? PTR_MOVE(path) : NULL;
}

static void forget(struct layers *layers)
{
	for (size_t i = 0; i < layers->lower_count; i++) {
		free(layers->lower[i]);
		layers->lower[i] = NULL;
	}
	layers->lower_known = false;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	while (dir && count < 3 && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	return count == 2;
}

/* Resolve all names from base, or none. If all folders are empty, temporary
 * mounts were there. */
static bool resolve(const struct shown *names, const char *base,
		    struct layers *ret)
{
	bool empty = true;

	ret->lower_known = names->complete && names->count > 0;
	for (size_t i = 0; ret->lower_known && i < names->count; i++) {
		ret->lower[i] = folder_from(base, names->names[i]);
		ret->lower_known = ret->lower[i] != NULL;
		empty = empty && ret->lower_known && is_empty(ret->lower[i]);
	}
	if (!ret->lower_known || empty)
		forget(ret);
	return ret->lower_known;
}

bool layers_to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/* Relative names start from a folder that the engine had changed to. It is
 * above its upper folder (containerd), or above the mount point (podman,
 * docker): the nearest one from which every name leads to a folder. */
static bool resolve_above(const struct shown *names, const char *upper,
			  const char *below, struct layers *ret)
{
	OWNED(free_owned) char *base = below ? strdup(below) : NULL;

	while (base && layers_to_parent(base)) {
		OWNED(free_owned)
		char *found = upper ? folder_from(base, upper) : NULL;

		if (upper && !found)
			continue;
		if (!resolve(names, base, ret))
			continue;
		free(ret->upper);
		ret->upper = PTR_MOVE(found);
		return true;
	}
	return false;
}

/* The folder that an overlay driver keeps of a container: above its upper
 * folder "diff", or its mount point "merged". */
static char *driver_folder(const char *path, const char *name)
{
	OWNED(free_owned) char *folder = path ? strdup(path) : NULL;
	const char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!slash || folder[0] != '/' || strcmp(slash + 1, name) != 0 ||
	    !layers_to_parent(folder))
		return NULL;
	return PTR_MOVE(folder);
}

/* The driver's own record is used if the table shows, for example, numbers of
 * descriptors. It must have the same number of layers. */
static int resolve_recorded(const struct shown *shown, const char *folder,
			    struct layers *ret, struct err *e)
{
	OWNED(shown_owned) struct shown names = {.complete = true};
	OWNED(free_owned) char *path = file_in(folder, "lower");
	OWNED(free_owned) char *home = strdup(folder);
	struct buffer text = BUFFER_INIT;
	int rc = 0;

	if (!home || !path)
		return err_set(e, ENOMEM, "read the layers");
	if (file_read(AT_FDCWD, path, RECORD_MAX, &text, NULL) == 0 && text.len)
		rc = add_names(text.data, text.data + text.len, &names, e);
	buffer_clear(&text);
	if (rc == 0 && names.count == shown->count && layers_to_parent(home))
		(void)resolve(&names, home, ret);
	return rc;
}

static int resolve_by_record(const struct shown *shown, const char *upper,
			     const char *mount_point, struct layers *ret,
			     struct err *e)
{
	OWNED(free_owned) char *folder = driver_folder(upper, "diff");
	OWNED(free_owned) char *diff = NULL;

	if (!folder)
		folder = driver_folder(mount_point, "merged");
	if (!folder)
		return 0;
	if (resolve_recorded(shown, folder, ret, e) < 0)
		return -1;
	if (!ret->lower_known || ret->upper)
		return 0;
	diff = file_in(folder, "diff");
	if (!diff)
		return err_set(e, ENOMEM, "read the layers");
	if (is_folder(diff))
		ret->upper = PTR_MOVE(diff);
	return 0;
}

int layers_find(const char *mount_point, const char *options,
		struct layers *ret, struct err *e)
{
	OWNED(shown_owned) struct shown shown = {.complete = true};
	OWNED(free_owned) char *upper = NULL;

	*ret = (struct layers){0};
	if (read_options(options, &shown, &upper, e) < 0)
		return -1;
	ret->lower = calloc(LAYERS_MAX, sizeof(*ret->lower));
	if (!ret->lower)
		return err_set(e, ENOMEM, "read the layers");
	ret->lower_count = shown.count;
	ret->writable = upper || !shown.read_only;
	if (is_folder(upper))
		ret->upper = strdup(upper);
	if (!shown.complete || resolve(&shown, "", ret))
		return 0;
	if (resolve_by_record(&shown, upper, mount_point, ret, e) < 0) {
		layers_clear(ret);
		return -1;
	}
	if (!ret->lower_known && !resolve_above(&shown, upper, upper, ret))
		(void)resolve_above(&shown, upper, mount_point, ret);
	return 0;
}

void layers_clear(struct layers *layers)
{
	if (layers->lower)
		forget(layers);
	free(layers->lower);
	free(layers->upper);
	*layers = (struct layers){0};
}

char *layers_upper(const char *mount_point, const char *options)
{
	OWNED(shown_owned) struct shown shown = {.complete = true};
	OWNED(free_owned) char *upper = NULL;
	struct layers layers;

	if (read_options(options, &shown, &upper, NULL) < 0 ||
	    (!upper && shown.read_only))
		return NULL;
	if (upper && upper[0] == '/')
		return PTR_MOVE(upper);
	if (layers_find(mount_point, options, &layers, NULL) < 0)
		return NULL;
	free(upper);
	upper = PTR_MOVE(layers.upper);
	layers_clear(&layers);
	return PTR_MOVE(upper);
}
