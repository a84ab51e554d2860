#include "cache_internal.h"

#include "file.h"
#include "sha256.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	LAYER_MAX = 1 << 30,
	CHAIN_MAX = 4 * 1024 * 1024,
	LOCK_TRIES = 100,
	LOCK_PAUSE_MS = 100,
};

static const struct {
	const char *folder, *ending;
} kinds[CACHE_KINDS] = {
	[CACHE_MANIFEST] = {"manifests", ".manifest"},
	[CACHE_CHAIN] = {"chains", ""},
	[CACHE_LAYER] = {"layers", ".layer"},
	[CACHE_ROOT] = {"roots", ".manifest"},
	[CACHE_PLACE] = {"roots", ".place"},
};

static const char manifest_word[] = "manifest ";

const char *cache_folder(enum cache_kind kind)
{
	return kinds[kind].folder;
}

const char *cache_ending(enum cache_kind kind)
{
	return kinds[kind].ending;
}

char *cache_path(const char *cache_dir, enum cache_kind kind, const char *key)
{
	return text_format("%s/%s/%s%s", cache_dir, kinds[kind].folder, key,
			   kinds[kind].ending);
}

static int make_folders(const char *cache_dir, struct err *e)
{
	for (size_t i = 0; i < CACHE_KINDS; i++) {
		OWNED(free_owned)
		char *folder = file_in(cache_dir, kinds[i].folder);

		if (!folder)
			return err_set(e, ENOMEM, "open the cache");
		if (file_make_dirs(folder, 0700, e) < 0)
			return -1;
	}
	return 0;
}

/* The lock is the open file's. A process that may only read it can't lock it
 * exclusively. */
static bool lock_soon(int fd, short type, int tries)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	for (int i = 0; i < tries; i++) {
		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return true;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return false;
		if (i + 1 < tries)
			(void)nanosleep(&pause, NULL);
	}
	return false;
}

int cache_lock(const char *cache_dir, bool alone, int *ret_fd, struct err *e)
{
	OWNED(free_owned) char *path = NULL;
	OWNED(close_owned) int fd = -1;
	bool locked;

	if (make_folders(cache_dir, e) < 0)
		return -1;
	path = file_in(cache_dir, "lock");
	if (!path)
		return err_set(e, ENOMEM, "open the cache");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, errno, "open %s", path);
	locked = alone ? lock_soon(fd, F_WRLCK, 1)
		       : lock_soon(fd, F_RDLCK, LOCK_TRIES);
	if (!locked)
		return err_set(e, EAGAIN, "lock %s", path);
	*ret_fd = FD_MOVE(fd);
	return 0;
}

bool cache_hold(const char *path)
{
	OWNED(close_owned) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !lock_soon(fd, F_RDLCK, 1))
		return false;
	(void)futimens(fd, NULL);
	/* A removal removes the name first, and then checks for locks. */
	if (access(path, F_OK) < 0)
		return false;
	(void)FD_MOVE(fd); /* it ends with this process */
	return true;
}

/* Make it the youngest, though it may be removed at any time. */
static void touch(const char *path)
{
	(void)utimensat(AT_FDCWD, path, NULL, 0);
}

static bool is_held(const char *path)
{
	OWNED(close_owned) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0 ||
	       lock.l_type != F_UNLCK;
}

bool cache_remove(const char *path)
{
	OWNED(free_owned) char *aside = text_format("%s.removed", path);

	if (!aside)
		return false;
	if (rename(path, aside) < 0)
		return false;
	if (!is_held(aside))
		return unlink(aside) == 0;
	(void)rename(aside, path);
	return false;
}

int cache_read_chain(const char *cache_dir, const char *key,
		     char ret[DIGEST_HEX])
{
	OWNED(free_owned) char *path = cache_path(cache_dir, CACHE_CHAIN, key);
	OWNED(close_owned)
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	char line[sizeof(manifest_word) + DIGEST_HEX] = "";
	size_t len = strlen(manifest_word);
	uint8_t digest[DIGEST_SIZE];
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (n < (ssize_t)(len + DIGEST_HEX) ||
	    memcmp(line, manifest_word, len) != 0 ||
	    line[len + DIGEST_HEX - 1] != '\n')
		return -1;
	line[len + DIGEST_HEX - 1] = '\0';
	if (!sha256_from_hex(line + len, digest))
		return -1;
	memcpy(ret, line + len, DIGEST_HEX);
	return 0;
}

int cache_write_chain(const char *cache_dir, const char *key,
		      const char *manifest, const struct buffer *text,
		      struct err *e)
{
	OWNED(free_owned) char *path = cache_path(cache_dir, CACHE_CHAIN, key);
	struct buffer all = BUFFER_INIT;
	int rc = 0;

	buffer_printf(&all, "%s%s\n", manifest_word, manifest);
	buffer_append(&all, text->data ? text->data : "", text->len);
	if (!path || buffer_failed(&all) || buffer_failed(text))
		rc = err_set(e, ENOMEM, "list the layers");
	else if (all.len > CHAIN_MAX)
		rc = err_set(e, E2BIG, "list the layers");
	else
		rc = file_publish(path, all.data, all.len, 0400, e);
	buffer_clear(&all);
	return rc;
}

int cache_publish(const char *cache_dir, struct manifest_builder *builder,
		  char ret[DIGEST_HEX], struct err *e)
{
	OWNED(free_owned) char *path = NULL;
	struct buffer bytes = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	int rc = manifest_builder_write(builder, &bytes, e);

	if (rc == 0)
		rc = sha256_bytes(bytes.data, bytes.len, digest, e);
	if (rc == 0) {
		sha256_hex(digest, ret);
		path = cache_path(cache_dir, CACHE_MANIFEST, ret);
		rc = path ? file_publish_first(path, bytes.data, bytes.len,
					       0400, e)
			  : err_set(e, ENOMEM, "publish the manifest");
	}
	buffer_clear(&bytes);
	return rc;
}

/* The digest detects a file that a crash left half-written. */
static int parse_layer(const struct buffer *file, struct buffer *bytes,
		       struct manifest **ret)
{
	uint8_t digest[DIGEST_SIZE];

	if (file->len < DIGEST_SIZE)
		return -1;
	buffer_append(bytes, file->data + DIGEST_SIZE, file->len - DIGEST_SIZE);
	if (buffer_failed(bytes) || bytes->len == 0 ||
	    sha256_bytes(bytes->data, bytes->len, digest, NULL) < 0 ||
	    memcmp(digest, file->data, DIGEST_SIZE) != 0)
		return -1;
	return manifest_parse_layer(bytes->data, bytes->len, ret, NULL);
}

int cache_read_layer(const char *cache_dir, const char *key,
		     struct buffer *bytes, struct manifest **ret)
{
	OWNED(free_owned) char *path = cache_path(cache_dir, CACHE_LAYER, key);
	struct buffer file = BUFFER_INIT;
	int rc = path ? file_read(AT_FDCWD, path, LAYER_MAX, &file, NULL) : -1;

	if (rc == 0) {
		rc = parse_layer(&file, bytes, ret);
		if (rc < 0) {
			buffer_clear(bytes);
			(void)unlink(path);
		} else {
			touch(path);
		}
	}
	buffer_clear(&file);
	return rc;
}

int cache_write_layer(const char *cache_dir, const char *key,
		      const struct buffer *bytes, struct err *e)
{
	OWNED(free_owned) char *path = cache_path(cache_dir, CACHE_LAYER, key);
	struct buffer file = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	int rc = sha256_bytes(bytes->data, bytes->len, digest, e);

	buffer_append(&file, digest, DIGEST_SIZE);
	buffer_append(&file, bytes->data, bytes->len);
	if (rc == 0)
		rc = path && !buffer_failed(&file)
			     ? file_publish_first(path, file.data, file.len,
						  0400, e)
			     : err_set(e, ENOMEM, "publish a layer");
	buffer_clear(&file);
	return rc;
}
