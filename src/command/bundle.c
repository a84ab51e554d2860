#include "bundle_internal.h"

#include "file.h"
#include "json.h"
#include "sha256.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* While swapped, the original's name has the digest of its replacement:
 * NAME.runmoor-<64 hexadecimal digits>. So a later command can check whether
 * config.json is still ours, or was written anew by the engine. */
static const char infix[] = ".runmoor-";

enum { LOCK_TRIES = 1000, LOCK_PAUSE_MS = 10 };

static int file_hex(const char *path, char hex[DIGEST_HEX])
{
	OWNED(close_owned)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t digest[DIGEST_SIZE];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    sha256_file(fd, JSON_SIZE_MAX * 2ULL, digest, NULL) < 0)
		return -1;
	sha256_hex(digest, hex);
	return 0;
}

/* Read the present config.json into bundle->rewritten. */
static bool has_mark(struct bundle *bundle)
{
	struct buffer *bytes = &bundle->rewritten;

	buffer_clear(bytes);
	return bundle->mark &&
	       file_read(AT_FDCWD, bundle->config, JSON_SIZE_MAX * 2ULL, bytes,
			 NULL) == 0 &&
	       bytes->len > 0 &&
	       memmem(bytes->data, bytes->len, bundle->mark,
		      strlen(bundle->mark));
}

int bundle_restore(struct bundle *bundle, struct err *e)
{
	const char *hex;
	char now[DIGEST_HEX];

	if (!bundle->saved)
		return 0;
	hex = bundle->saved + strlen(bundle->saved) - (DIGEST_HEX - 1);
	bundle->altered =
		file_hex(bundle->config, now) == 0 && strcmp(hex, now) != 0;
	if (bundle->altered && !has_mark(bundle)) {
		/* config.json isn't ours any more: the engine wrote a new
		 * one. */
		if (unlink(bundle->saved) < 0)
			return err_set(e, errno, "remove %s", bundle->saved);
	} else if (rename(bundle->saved, bundle->config) < 0) {
		return err_set(e, errno, "put %s back", bundle->config);
	}
	free(bundle->saved);
	bundle->saved = NULL;
	return 0;
}

/* Restore the original that a killed command left beside config.json. */
static int recover(struct bundle *bundle, struct err *e)
{
	const char *name = strrchr(bundle->config, '/') + 1;
	const int folder_len = (int)(name - bundle->config);
	OWNED(free_owned)
	char *folder = strndup(bundle->config, (size_t)folder_len);
	DIR *dir = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	size_t len = strlen(name);
	int rc = 0;

	if (!dir)
		return err_set(e, errno, "open the folder of %s",
			       bundle->config);
	while (rc == 0 && (entry = readdir(dir))) {
		const char *found = entry->d_name;

		if (strncmp(found, name, len) != 0 ||
		    strncmp(found + len, infix, sizeof(infix) - 1) != 0 ||
		    strlen(found + len) != sizeof(infix) - 1 + DIGEST_HEX - 1)
			continue;
		bundle->saved = text_format("%.*s%s", folder_len,
					    bundle->config, found);
		if (!bundle->saved)
			rc = err_set(e, ENOMEM, "recover the bundle");
		else
			rc = bundle_restore(bundle, e);
	}
	(void)closedir(dir);
	return rc;
}

/* A second command on the bundle would put the original back before the first
 * one's runtime has read its replacement. */
static int lock(struct bundle *bundle, struct err *e)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};

	bundle->lock = open(bundle->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bundle->lock < 0)
		return err_set(e, errno, "open the bundle %s", bundle->path);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(bundle->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return err_set(e, errno, "another command is at work on the bundle %s",
		       bundle->path);
}

int bundle_open(const char *folder, const char *config, struct bundle *ret,
		struct err *e)
{
	int rc;

	*ret = (struct bundle){.lock = -1};
	ret->path = realpath(folder ? folder : ".", NULL);
	if (!ret->path)
		return err_set(e, errno, "bundle %s", folder ? folder : ".");
	/* crun takes its own default for no path. */
	if (config && strcmp(config, "config.json") != 0)
		ret->config = realpath(config, NULL);
	else
		ret->config = file_in(ret->path, "config.json");
	rc = ret->config ? lock(ret, e)
			 : err_set(e, errno, "open %s",
				   config ? config : "config.json");
	if (rc == 0)
		rc = recover(ret, e);
	if (rc < 0)
		bundle_clear(ret);
	return rc;
}

void bundle_unlock(struct bundle *bundle)
{
	close_owned(&bundle->lock);
}

void bundle_clear(struct bundle *bundle)
{
	free(bundle->path);
	free(bundle->config);
	free(bundle->saved);
	free(bundle->mark);
	buffer_clear(&bundle->rewritten);
	close_owned(&bundle->lock);
	*bundle = (struct bundle){.lock = -1};
}

int bundle_read(const struct bundle *bundle, struct buffer *out, struct err *e)
{
	return file_read(AT_FDCWD, bundle->config, JSON_SIZE_MAX, out, e);
}

int bundle_swap(struct bundle *bundle, const struct buffer *bytes,
		const char *mark, struct err *e)
{
	OWNED(free_owned) char *saved = NULL;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	struct stat st;

	if (stat(bundle->config, &st) < 0)
		return err_set(e, errno, "stat %s", bundle->config);
	if (sha256_bytes(bytes->data, bytes->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, hex);
	bundle->mark = strdup(mark);
	saved = text_format("%s%s%s", bundle->config, infix, hex);
	if (!bundle->mark || !saved)
		return err_set(e, ENOMEM, "rewrite %s", bundle->config);
	if (file_publish(saved, bytes->data, bytes->len, st.st_mode & 07777,
			 e) < 0)
		return -1;
	if (renameat2(AT_FDCWD, saved, AT_FDCWD, bundle->config,
		      RENAME_EXCHANGE) < 0) {
		(void)err_set(e, errno, "rewrite %s", bundle->config);
		(void)unlink(saved);
		return -1;
	}
	bundle->saved = PTR_MOVE(saved);
	return 0;
}
