#include "container.h"

#include "file.h"
#include "sha256.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A file of its own: closing any descriptor of a file drops the process's
 * locks on it (fcntl(2)). */
static const char lock_name[] = "lock";

static enum naming naming_of(const struct container *container)
{
	if (container->crio)
		return NAMING_CRIO;
	return container->engine_named ? NAMING_ENGINE : NAMING_CONTAINERD;
}

const char *container_annotation(const struct container *container,
				 const char *const keys[])
{
	return workload_annotation(container->annotations, naming_of(container),
				   keys);
}

struct workload_source container_names(const struct container *container)
{
	return (struct workload_source){
		.annotations = container->annotations,
		.name = container->name,
		.image = container->image,
		.naming = naming_of(container),
		.runtime = container->runtime,
	};
}

char *container_source(const struct container *container, const char *source)
{
	return source[0] == '/' ? strdup(source)
				: file_in(container->bundle, source);
}

void container_name_source(const struct stat *st, char ret[64])
{
	(void)snprintf(ret, 64, "%llx:%llx", (unsigned long long)st->st_dev,
		       (unsigned long long)st->st_ino);
}

char *container_folder(const char *state_dir, const char *root, const char *id)
{
	struct buffer key = BUFFER_INIT;
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	int rc;

	buffer_append(&key, root, strlen(root) + 1);
	buffer_append(&key, id, strlen(id));
	rc = buffer_failed(&key)
		     ? -1
		     : sha256_bytes(key.data, key.len, digest, NULL);
	buffer_clear(&key);
	if (rc < 0)
		return NULL;
	sha256_hex(digest, hex);
	return text_format("%s/%.16s", state_dir, hex);
}

/* A POSIX lock, not a pid file: the kernel names its holder and drops it with
 * the process. */
int container_lock(const char *folder, struct err *e)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	OWNED(free_owned) char *path = file_in(folder, lock_name);
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return err_set(e, errno, "open the lock in %s", folder);
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	(void)close(fd);
	return err_set(e, EBUSY, "lock %s", folder);
}

int container_supervisor(const char *folder)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	OWNED(free_owned) char *path = file_in(folder, lock_name);
	OWNED(close_owned)
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	/* A holder in another pid namespace has no number here. */
	return lock.l_pid > 0 ? lock.l_pid : -1;
}

/* Remove the unreported losses of an earlier container of this name. */
static void forget_former(const char *folder)
{
	static const char *const names[] = {"lost", "died", "init"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		OWNED(free_owned) char *path = file_in(folder, names[i]);

		if (path)
			(void)unlink(path);
	}
}

int container_claim(const char *folder, struct err *e)
{
	struct flock claim = {.l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = 1,
			      .l_len = 1};
	OWNED(free_owned) char *path = file_in(folder, lock_name);
	int fd;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return err_set(e, errno, "create folder %s", folder);
	fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0) {
		(void)err_set(e, errno, "make the lock in %s", folder);
		(void)rmdir(folder);
		return -1;
	}
	/* An OFD lock survives the closing of another descriptor of the file,
	 * as in container_supervisor. It stays open: the claim ends with this
	 * process. */
	if (fcntl(fd, F_OFD_SETLK, &claim) == 0 &&
	    !container_supervisor(folder)) {
		forget_former(folder);
		return 0;
	}
	(void)close(fd);
	return err_set(e, EBUSY, "claim %s", folder);
}
