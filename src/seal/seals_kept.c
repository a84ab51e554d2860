#include "seals.h"

#include "file.h"
#include "sha256.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

int seals_digits(const struct buffer *bytes, char ret[DIGEST_HEX],
		 struct err *e)
{
	uint8_t digest[DIGEST_SIZE];

	if (buffer_failed(bytes))
		return err_set(e, ENOMEM, "name the workload");
	if (sha256_bytes(bytes->data, bytes->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, ret);
	ret[SEALS_DIGITS] = '\0';
	return 0;
}

char *seals_path(const char *folder, const char *destination)
{
	struct buffer name = BUFFER_INIT;
	char digits[DIGEST_HEX];
	int rc;

	buffer_append(&name, destination, strlen(destination));
	rc = seals_digits(&name, digits, NULL);
	buffer_clear(&name);
	return rc < 0 ? NULL : text_format("%s/%s.manifest", folder, digits);
}

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

int seals_write(const char *folder, const struct json *record, struct err *e)
{
	OWNED(free_owned) char *path = file_in(folder, SEALS_RECORD);
	struct buffer text = BUFFER_INIT;
	int rc;

	json_write(record, true, &text);
	rc = !path || buffer_failed(&text)
		     ? err_set(e, ENOMEM, "record the workload")
		     : file_publish(path, text.data, text.len, 0600, e);
	buffer_clear(&text);
	return rc;
}

void seals_remove_member(struct json *object, const char *key)
{
	for (size_t i = json_count(object); i-- > 0;)
		if (strcmp(json_key_at(object, i), key) == 0)
			json_remove_at(object, i);
}

int seals_forget_volume(const char *folder, struct json *record,
			const char *destination, struct err *e)
{
	static const char *const keys[] = {SEALS_SOURCES, SEALS_PLACES,
					   SEALS_CUT};
	OWNED(free_owned) char *kept = seals_path(folder, destination);

	if (!kept)
		return err_set(e, ENOMEM, "forget a seal");
	if (unlink(kept) < 0 && errno != ENOENT)
		return err_set(e, errno, "remove %s", kept);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		seals_remove_member(json_get(record, keys[i]), destination);
	return seals_write(folder, record, e);
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

/* True if its storage exists: it may not be mounted yet. */
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

/* The files of a workload's folder are added. */
static bool add_files(void *context, const char *folder,
		      const struct json *record)
{
	DIR *dir = opendir(folder);
	struct seals_swept *files = context;
	const struct dirent *entry;
	struct stat st;

	files->seals += json_count(json_get(record, SEALS_SOURCES));
	while (dir && (entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode)) {
			files->files++;
			files->bytes += (uint64_t)st.st_size;
		}
	if (dir)
		(void)closedir(dir);
	return true;
}

static void remove_workload(const char *folder, const struct json *record,
			    struct seals_swept *swept)
{
	struct seals_swept all = *swept;

	(void)add_files(&all, folder, record);
	if (seals_forget(folder, NULL) == 0)
		*swept = all;
}

static bool remove_gone(void *context, const char *folder,
			const struct json *record)
{
	const char *life;

	/* Remove only seals whose workload is certainly gone: a lost first seal
	 * would be made anew, from the files there by then. */
	if (json_string(json_get(record, "life"), &life) &&
	    access(life, F_OK) < 0 && errno == ENOENT && storage_is_there(life))
		remove_workload(folder, record, context);
	return true;
}

struct seals_swept seals_sweep(const char *cache_dir)
{
	struct seals_swept swept = {0};

	seals_each(cache_dir, remove_gone, &swept);
	return swept;
}

uint64_t seals_bytes(const char *cache_dir)
{
	struct seals_swept kept = {0};

	seals_each(cache_dir, add_files, &kept);
	return kept.bytes;
}
