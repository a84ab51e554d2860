#include "seals.h"

#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct json *seals_read(const char *folder)
{
	OWNED(free_owned) char *path = file_in(folder, SEALS_RECORD);
	struct buffer text = BUFFER_INIT;
	struct json *record = NULL;

	if (!path ||
	    file_read(AT_FDCWD, path, JSON_SIZE_MAX, &text, NULL) < 0 ||
	    json_parse(text.data ? text.data : "", text.len, &record, NULL) < 0)
		record = NULL;
	buffer_clear(&text);
	return record;
}

void seals_each(const char *cache_dir,
		bool (*found)(void *context, const char *folder,
			      const struct json *record),
		void *context)
{
	OWNED(free_owned) char *home = file_in(cache_dir, "volumes");
	DIR *dir = home ? opendir(home) : NULL;
	const struct dirent *entry;
	bool on = true;

	while (dir && on && (entry = readdir(dir))) {
		OWNED(free_owned) char *folder = NULL;
		OWNED(json_owned) struct json *record = NULL;

		if (strlen(entry->d_name) != SEALS_DIGITS)
			continue;
		folder = file_in(home, entry->d_name);
		record = folder ? seals_read(folder) : NULL;
		on = !record || found(context, folder, record);
	}
	if (dir)
		(void)closedir(dir);
}

int seals_forget(const char *folder, struct err *e)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	int rc = dir ? 0 : err_set(e, errno, "open %s", folder);

	while (dir && rc == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			rc = err_set(e, errno, "remove %s/%s", folder,
				     entry->d_name);
	if (dir)
		(void)closedir(dir);
	if (rc == 0 && rmdir(folder) < 0)
		rc = err_set(e, errno, "remove %s", folder);
	return rc;
}

/* The storage that it lay in is there: not one that isn't mounted yet. */
static bool storage_is_there(const char *life)
{
	OWNED(free_owned) char *folder = strdup(life);
	DIR *dir = NULL;
	int count = 0;

	for (int up = 0; folder && up < 2; up++) {
		char *slash = strrchr(folder, '/');

		if (!slash || slash == folder)
			return false;
		*slash = '\0';
	}
	dir = folder ? opendir(folder) : NULL;
	while (dir && count < 3 && readdir(dir))
		count++;
	if (dir)
		(void)closedir(dir);
	return count > 2;
}

static bool remove_gone(void *context, const char *folder,
			const struct json *record)
{
	const char *life;

	(void)context;
	/* Only what is surely gone: a seal that is lost is made anew, of what
	 * lies there by then. */
	if (json_string(json_get(record, "life"), &life) &&
	    access(life, F_OK) < 0 && errno == ENOENT && storage_is_there(life))
		(void)!seals_forget(folder, NULL);
	return true;
}

void seals_sweep(const char *cache_dir)
{
	seals_each(cache_dir, remove_gone, NULL);
}

static bool add_bytes(void *context, const char *folder,
		      const struct json *record)
{
	DIR *dir = opendir(folder);
	uint64_t *bytes = context;
	const struct dirent *entry;
	struct stat st;

	(void)record;
	while (dir && (entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			*bytes += (uint64_t)st.st_size;
	if (dir)
		(void)closedir(dir);
	return true;
}

uint64_t seals_bytes(const char *cache_dir)
{
	uint64_t bytes = 0;

	seals_each(cache_dir, add_bytes, &bytes);
	return bytes;
}
