/*
 * A container's record: it is read completely or refused, and a record that was
 * read can be written and read again.
 */
#include "container.h"

#include "file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory, where writing a record costs no disk. */
static char folder[] = "/dev/shm/container-fuzz.XXXXXX";

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void remove_folder(void)
{
	container_remove(folder);
}

static void put(const uint8_t *data, size_t size)
{
	static int dir = -1;
	OWNED(close_owned) int fd = -1;

	if (dir < 0) {
		require(mkdtemp(folder) && atexit(remove_folder) == 0);
		dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	fd = openat(dir, "container.json",
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	require(fd >= 0 && file_write_all(fd, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct container container;
	struct err e = {0};

	put(data, size);
	if (container_read(folder, &container, &e) < 0) {
		require(e.text[0] != '\0' && !container.id);
		return 0;
	}
	require(container.id && container.root && container.bundle &&
		container.rootfs && container.runtime);
	require(container.device_count <= MANIFEST_DEVICES_MAX);
	require(container_write(&container, folder, &e) == 0);
	container_clear(&container);
	require(container_read(folder, &container, &e) == 0);
	container_clear(&container);
	return 0;
}
