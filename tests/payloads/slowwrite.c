/*
 * slowwrite HOW FILE ALTERED COMMAND [ARG...] - executes COMMAND, and then
 * writes to FILE the page of ALTERED that differs, when no process has FILE
 * open for writing or mapped any more: a system call that began before has that
 * page pinned. It waits meanwhile for a page of a memory file, in which a large
 * hole is being punched. HOW is
 *
 *   direct  preadv(2) of ALTERED, opened with O_DIRECT
 *   writev  process_vm_writev(2)
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, MOMENT_US = 3000 };
static const off_t SLOW = 1024L * 1024 * 1024;

static struct {
	const char *how;
	int altered;	 /* open for direct reading */
	off_t at;	 /* of the page that differs */
	char *bytes;	 /* of that page, altered */
	char *two;	 /* memory, and then FILE's page */
	char *slow_page; /* the last of the memory file */
	int slow;
	atomic_bool punches, writes;
} job;

static char *map(int fd, off_t size, int flags)
{
	char *at =
		mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		err(1, "mmap");
	return at;
}

static char *load(int fd, off_t size)
{
	char *bytes = malloc((size_t)size);

	if (pread(fd, bytes, (size_t)size, 0) != size)
		err(1, "read");
	return bytes;
}

static void find_difference(int fd, int altered)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		err(1, "stat");
	char *one = load(fd, st.st_size);
	char *other = load(altered, st.st_size);

	while (job.at < st.st_size && one[job.at] == other[job.at])
		job.at++;
	job.at &= ~(off_t)(PAGE - 1);
	if (job.at + PAGE > st.st_size)
		errx(1, "no whole page differs");
	job.bytes = other + job.at;
}

static void make_slow(void)
{
	job.slow = memfd_create("slow", MFD_CLOEXEC);
	if (job.slow < 0 || ftruncate(job.slow, SLOW) < 0 ||
	    fallocate(job.slow, 0, 0, SLOW) < 0)
		err(1, "a memory file");
	job.slow_page = map(job.slow, SLOW, MAP_SHARED) + SLOW - PAGE;
}

static void *punch(void *unused)
{
	(void)unused;
	job.punches = true;
	fallocate(job.slow, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		  SLOW);
	return NULL;
}

static void *write_late(void *unused)
{
	struct iovec pages[] = {{job.two + PAGE, PAGE}, {job.slow_page, PAGE}};
	struct iovec from[] = {{job.slow_page, PAGE}, {job.bytes, PAGE}};
	struct iovec to = {job.two, 2 * (size_t)PAGE};

	(void)unused;
	job.writes = true;
	if (strcmp(job.how, "direct") == 0
		    ? preadv(job.altered, pages, 2, job.at) < PAGE
		    : process_vm_writev(getpid(), from, 2, &to, 1, 0) < 0)
		warn("%s", job.how);
	return NULL;
}

static void start(pthread_t *ret, void *(*run)(void *), atomic_bool *begun)
{
	if (pthread_create(ret, NULL, run, NULL) != 0)
		err(1, "thread");
	while (!*begun)
		;
	usleep(MOMENT_US);
}

/* A child executes the command once a byte comes, with none of our open files.
 */
static int prepare(char **command)
{
	int go[2];
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		err(1, "pipe");
	if (fork() > 0) {
		close(go[0]);
		return go[1];
	}
	close(go[1]);
	if (read(go[0], &byte, 1) == 1)
		execv(command[0], command);
	err(126, "%s", command[0]);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		errx(2, "usage: slowwrite HOW FILE ALTERED COMMAND...");
	int go = prepare(argv + 4);
	int fd = open(argv[2], O_RDWR | O_CLOEXEC);
	int altered = open(argv[3], O_RDONLY | O_CLOEXEC);
	pthread_t puncher, writer;

	job.how = argv[1];
	job.altered = open(argv[3], O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || altered < 0 || job.altered < 0)
		err(1, "open");
	find_difference(fd, altered);
	job.two = map(-1, 2 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS);
	job.two[0] = 1;
	if (mmap(job.two + PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, job.at) == MAP_FAILED)
		err(1, "mmap");
	(void)*(volatile char *)(job.two + PAGE);
	make_slow();
	start(&puncher, punch, &job.punches);
	start(&writer, write_late, &job.writes);
	munmap(job.two, 2 * (size_t)PAGE);
	close(fd);
	if (write(go, "x", 1) != 1)
		err(1, "go");
	pthread_join(writer, NULL);
	pthread_join(puncher, NULL);
	wait(NULL);
	return 0;
}
