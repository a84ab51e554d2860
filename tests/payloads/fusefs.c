/*
 * fusefs HOW LISTED UNLISTED COMMAND [ARG...] - mounts a FUSE file system of
 * its own on /mnt, in user and mount namespaces of its own, and executes a
 * command there. "x" is the one file on it, and HOW says what that is:
 *
 *   plain     the unlisted file
 *   lies      the unlisted file, with number, size and times of the listed
 *   turns     the listed, and at every second time that it is opened, the other
 *   changing  the listed, until it was read to the end, then the other
 *   silent    a file that can be found, and that never answers a read
 *   path      a file that holds the path of the unlisted, and is slow to say so
 *   absent    a file that is never found, nor found missing
 *
 * With FUSEFS_ON it is mounted on that folder, and in the caller's namespaces.
 */
#define _GNU_SOURCE
#include "namespaces.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_NODE = 2, BUFFER = 1 << 18 };

static struct {
	char *bytes;
	struct stat st;
} listed, unlisted;

static const char *how, *path; /* path: of the unlisted file */
static int device;
static unsigned opened;
static bool seen; /* changing: the listed one, to its end */

static bool is(const char *name)
{
	return strcmp(how, name) == 0;
}

static void load(const char *path, char **ret_bytes, struct stat *ret_st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_st) < 0)
		err(1, "%s", path);
	*ret_bytes = malloc((size_t)ret_st->st_size);
	if (read(fd, *ret_bytes, (size_t)ret_st->st_size) != ret_st->st_size)
		err(1, "read %s", path);
	close(fd);
}

static void answer(const struct fuse_in_header *in, int error, const void *data,
		   size_t size)
{
	static char out[BUFFER + sizeof(struct fuse_out_header)];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = -error,
		.unique = in->unique,
	};

	memcpy(out, &header, sizeof(header));
	if (size > 0)
		memcpy(out + sizeof(header), data, size);
	if (write(device, out, header.len) < 0 && errno != ENOENT)
		warn("answer");
}

/* The size is that of the longer of both, so that either fits. */
static struct fuse_attr attributes(uint64_t node)
{
	struct fuse_attr attr = {
		.ino = node,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0755,
		.nlink = 1,
		.blksize = 4096,
	};
	off_t size = listed.st.st_size > unlisted.st.st_size
			     ? listed.st.st_size
			     : unlisted.st.st_size;

	if (node == FUSE_ROOT_ID)
		return attr;
	attr.size = (uint64_t)size;
	if (is("turns") || is("changing") || is("lies"))
		attr.size = (uint64_t)listed.st.st_size;
	if (is("lies")) {
		attr.ino = listed.st.st_ino;
		attr.mtime = (uint64_t)listed.st.st_mtim.tv_sec;
		attr.mtimensec = (uint32_t)listed.st.st_mtim.tv_nsec;
		attr.ctime = (uint64_t)listed.st.st_ctim.tv_sec;
		attr.ctimensec = (uint32_t)listed.st.st_ctim.tv_nsec;
	}
	return attr;
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE,
		.attr = attributes(FILE_NODE),
	};

	if (strcmp(name, "x") != 0)
		answer(in, ENOENT, NULL, 0);
	else if (!is("absent"))
		answer(in, 0, &entry, sizeof(entry));
}

static void read_file(const struct fuse_in_header *in,
		      const struct fuse_read_in *part)
{
	bool first = is("turns") ? part->fh % 2 == 1 : is("changing") && !seen;
	const char *bytes = first ? listed.bytes : unlisted.bytes;
	off_t size = first ? listed.st.st_size : unlisted.st.st_size;
	size_t length = 0;

	if (is("silent"))
		return;
	if (is("path")) {
		usleep(300000);
		bytes = path;
		size = (off_t)strlen(path);
	}
	if ((off_t)part->offset < size) {
		length = (size_t)size - part->offset;
		if (length > part->size)
			length = part->size;
	}
	if ((off_t)(part->offset + part->size) >= size)
		seen = true;
	answer(in, 0, bytes + part->offset, length);
}

static void serve(const struct fuse_in_header *in, const void *body)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_write = 65536,
	};
	struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
	struct fuse_open_out opening = {0};
	struct fuse_statfs_out fs = {.st = {.bsize = 4096, .namelen = 255}};

	switch (in->opcode) {
	case FUSE_INIT:
		answer(in, 0, &init, sizeof(init));
		break;
	case FUSE_LOOKUP:
		lookup(in, body);
		break;
	case FUSE_GETATTR:
		answer(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
		opening.fh = ++opened;
		answer(in, 0, &opening, sizeof(opening));
		break;
	case FUSE_READ:
		read_file(in, body);
		break;
	case FUSE_STATFS:
		answer(in, 0, &fs, sizeof(fs));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_ACCESS:
		answer(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(in, ENOSYS, NULL, 0);
	}
}

static void serve_forever(void)
{
	static char request[BUFFER];

	for (;;) {
		ssize_t n = read(device, request, sizeof(request));

		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			serve((void *)request,
			      request + sizeof(struct fuse_in_header));
		else if (n < 0 && errno != EINTR && errno != ENOENT)
			_exit(0);
	}
}

int main(int argc, char **argv)
{
	const char *on = getenv("FUSEFS_ON");
	char options[128];
	int status;

	if (argc < 5)
		errx(2, "usage: fusefs HOW LISTED UNLISTED COMMAND [ARG...]");
	how = argv[1];
	load(argv[2], &listed.bytes, &listed.st);
	path = argv[3];
	load(path, &unlisted.bytes, &unlisted.st);
	if (!on)
		enter_namespaces();
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (device < 0 ||
	    mount("fuse", on ? on : "/mnt", "fuse", 0, options) < 0)
		err(1, "mount");
	pid_t server = fork();

	if (server == 0)
		serve_forever();
	pid_t pid = fork();

	if (pid == 0) {
		close(device);
		execvp(argv[4], argv + 4);
		err(126, "%s", argv[4]);
	}
	waitpid(pid, &status, 0);
	kill(server, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
