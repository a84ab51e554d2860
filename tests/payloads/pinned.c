/*
 * pinned FILE ALTERED - has the pages of FILE, on tmpfs, as a registered buffer
 * of an io_uring, and neither a descriptor nor a mapping of it any more. Says
 * so by /tmp/pinned, waits for /tmp/go, and reads ALTERED into these pages.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void *map(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			offset);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static struct iovec pin(int ring, const char *path)
{
	int fd = open(path, O_RDWR);
	struct iovec pages;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", path);
	pages.iov_len = (size_t)st.st_size;
	pages.iov_base = map(fd, pages.iov_len, 0);
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		    &pages, 1) < 0)
		err(1, "io_uring_register");
	munmap(pages.iov_base, pages.iov_len);
	close(fd);
	return pages;
}

int main(int argc, char **argv)
{
	struct io_uring_params p = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
	int from = argc == 3 ? open(argv[2], O_RDONLY) : -1;

	if (ring < 0 || from < 0)
		err(1, "io_uring_setup, or open %s", argv[argc - 1]);
	char *queue = map(ring, p.sq_off.array + p.sq_entries * 4,
			  IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry =
		map(ring, p.sq_entries * sizeof(*entry), IORING_OFF_SQES);
	struct iovec pages = pin(ring, argv[1]);

	close(open("/tmp/pinned", O_CREAT | O_WRONLY, 0666));
	while (access("/tmp/go", F_OK) < 0)
		usleep(10000);
	*entry = (struct io_uring_sqe){
		.opcode = IORING_OP_READ_FIXED,
		.fd = from,
		.addr = (uintptr_t)pages.iov_base,
		.len = (unsigned)pages.iov_len,
	};
	*(unsigned *)(queue + p.sq_off.array) = 0;
	__atomic_store_n((unsigned *)(queue + p.sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) < 0)
		err(1, "io_uring_enter");
	return 0;
}
