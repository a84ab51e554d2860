/*
 * stale_mmap FILE - alters a file so that no stat shows it.
 *
 * A write through a shared mapping updates mtime and ctime only when it faults,
 * which is when the page is clean. So a page dirtied now can be altered again
 * later, through the mapping, without a trace. Commands, one a line on standard
 * input, each answered by a line:
 *
 *   dirty   map the file and dirty the page of switch's state, unaltered
 *   close   close the descriptor; the mapping survives
 *   alter   turn the switch to 'y' through the mapping
 *   unmap   drop the mapping
 *   stat    only the answer: "COMMAND INODE SIZE MTIME CTIME"
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char needle[] = "runmoor-test-switch=";

static const char *path;
static int fd = -1;
static char *map;
static size_t size;
static volatile char *state;

static void do_dirty(void)
{
	fd = open(path, O_RDWR);
	if (fd < 0)
		err(1, "open %s", path);
	size = (size_t)lseek(fd, 0, SEEK_END);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "mmap %s", path);
	char *found = memmem(map, size, needle, sizeof(needle) - 1);

	if (!found)
		errx(1, "%s has no switch", path);
	state = found + sizeof(needle) - 1;
	*state = *state;
}

static void answer(const char *command)
{
	struct stat st;

	if (stat(path, &st) < 0)
		err(1, "stat %s", path);
	printf("%s %lu %ld %ld.%09ld %ld.%09ld\n", command,
	       (unsigned long)st.st_ino, (long)st.st_size,
	       (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	       (long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char command[16];

	if (argc != 2)
		errx(2, "usage: stale_mmap FILE");
	path = argv[1];
	while (scanf("%15s", command) == 1) {
		if (strcmp(command, "dirty") == 0)
			do_dirty();
		else if (strcmp(command, "close") == 0)
			close(fd);
		else if (strcmp(command, "alter") == 0)
			*state = 'y';
		else if (strcmp(command, "unmap") == 0)
			munmap(map, size);
		answer(command);
	}
	return 0;
}
