#include "mapped.h"

#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct mapped {
	struct mapped *next;
	void *bytes;
	size_t len;
	int file; /* with the lease and the lock; -1: bytes are a copy */
};

/* False: a process has it open for writing, or its file system has no
 * leases. */
static bool take_lease(int fd)
{
	return fcntl(fd, F_SETSIG, MAPPED_SIGNAL) == 0 &&
	       fcntl(fd, F_SETOWN, getpid()) == 0 &&
	       fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
}

/* Hold the file in the cache, as cache_hold does. */
static void hold(int fd)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};

	(void)fcntl(fd, F_OFD_SETLK, &lock);
}

static void *map_private(size_t len)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int read_all(int fd, char *bytes, size_t len)
{
	size_t total = 0;

	while (total < len) {
		ssize_t n = pread(fd, bytes + total, len - total, (off_t)total);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		total += (size_t)n;
	}
	return 0;
}

static int read_copy(struct mapped *mapped, const char *path, struct err *e)
{
	mapped->bytes = map_private(mapped->len);
	if (mapped->bytes == MAP_FAILED)
		return err_set(e, errno, "map the manifest %s", path);
	if (read_all(mapped->file, mapped->bytes, mapped->len) < 0)
		return err_set(e, EIO, "read the manifest %s", path);
	close_owned(&mapped->file);
	return 0;
}

static int map_file(struct mapped *mapped, const char *path, struct err *e)
{
	bool leased;
	struct stat st;

	mapped->file = open(path, O_RDONLY | O_CLOEXEC);
	if (mapped->file < 0)
		return err_set(e, errno, "open the manifest %s", path);
	hold(mapped->file);
	leased = take_lease(mapped->file);
	/* From here on its size can't change. */
	if (fstat(mapped->file, &st) < 0 || st.st_size <= 0)
		return err_set(e, EIO, "open the manifest %s", path);
	mapped->len = (size_t)st.st_size;
	if (!leased)
		return read_copy(mapped, path, e);
	mapped->bytes =
		mmap(NULL, mapped->len, PROT_READ, MAP_SHARED, mapped->file, 0);
	return mapped->bytes == MAP_FAILED
		       ? err_set(e, errno, "map the manifest %s", path)
		       : 0;
}

static int check(const struct mapped *mapped, const struct manifest_file *file,
		 struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];

	if (sha256_bytes(mapped->bytes, mapped->len, digest, e) < 0)
		return -1;
	sha256_hex(digest, hex);
	return strcmp(hex, file->sha256) == 0
		       ? 0
		       : err_set(e, 0,
				 "the manifest %s isn't the one that was "
				 "sealed",
				 file->path);
}

int mapped_open(const struct manifest_file *file, struct mapped **list,
		const struct manifest **ret, struct err *e)
{
	struct manifest *manifest = NULL;
	struct mapped *mapped;

	if (!file->path)
		return 0;
	mapped = calloc(1, sizeof(*mapped));
	if (!mapped)
		return err_set(e, ENOMEM, "map the manifest %s", file->path);
	mapped->next = *list;
	*list = mapped;
	if (map_file(mapped, file->path, e) < 0 || check(mapped, file, e) < 0)
		return -1;
	if (manifest_parse(mapped->bytes, mapped->len, &manifest, e) < 0)
		return err_wrap(e, "%s", file->path);
	*ret = manifest;
	return 0;
}

/* The other threads read meanwhile: each sees the old or the new pages. */
static bool replace(const struct mapped *mapped)
{
	void *copy = map_private(mapped->len);

	if (copy == MAP_FAILED)
		return false;
	memcpy(copy, mapped->bytes, mapped->len);
	if (mprotect(copy, mapped->len, PROT_READ) == 0 &&
	    mremap(copy, mapped->len, mapped->len,
		   MREMAP_MAYMOVE | MREMAP_FIXED, mapped->bytes) != MAP_FAILED)
		return true;
	(void)munmap(copy, mapped->len);
	return false;
}

void mapped_rescue(struct mapped *list)
{
	for (struct mapped *at = list; at; at = at->next)
		if (at->file >= 0 && fcntl(at->file, F_GETLEASE) != F_RDLCK &&
		    replace(at))
			close_owned(&at->file); /* the waiting writer goes on */
}
