/*
 * memory HOW FILE - copies a file into memory that has no name in any folder,
 * and executes it there. HOW is
 *
 *   empty      execveat(2) with AT_EMPTY_PATH
 *   self       /proc/self/fd/N
 *   other      /proc/PID/fd/N of another process
 *   sealed     with every seal on it, by /proc/self/fd/N
 *   exec       made with MFD_EXEC and MFD_ALLOW_SEALING
 *   read-only  opened again for reading, the writable descriptor closed
 *   mapped     /proc/self/map_files/A-B, with no descriptor left
 *   script     a script that has the memory for its interpreter
 *   library    loaded as a library by a program of the image
 *   huge       in huge pages
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

enum { HUGE = 2 << 20 };

static char *program[] = {"memory", NULL};

static int fill(int to, const char *file)
{
	int from = open(file, O_RDONLY | O_CLOEXEC);
	char buffer[65536];
	ssize_t n;

	if (from < 0 || to < 0)
		err(1, "%s", file);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			err(1, "write to memory");
	close(from);
	return to;
}

/* Huge pages can't be written to, only mapped. */
static int fill_huge(int to, const char *file)
{
	int from = open(file, O_RDONLY | O_CLOEXEC);
	char *map = NULL;

	if (from < 0 || to < 0 || ftruncate(to, HUGE) < 0)
		err(1, "%s", file);
	map = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
	if (map == MAP_FAILED || read(from, map, HUGE) <= 0)
		err(1, "huge pages");
	munmap(map, HUGE);
	return to;
}

static void by_path(const char *format, int pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), format, pid, fd);
	execve(path, program, environ);
}

static void by_other(int fd)
{
	int pid = getpid(), status;
	pid_t child = fork();

	if (child == 0) {
		close(fd);
		by_path("/proc/%d/fd/%d", pid, fd);
		err(126, "the memory of another process");
	}
	waitpid(child, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void by_mapping(int fd)
{
	char path[96];
	struct stat st;

	if (fstat(fd, &st) < 0)
		err(1, "fstat");
	size_t size = ((size_t)st.st_size + 4095) & ~4095UL;
	char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
		 (unsigned long)map, (unsigned long)(map + size));
	execve(path, program, environ);
}

static void by_script(int fd)
{
	FILE *script = fopen("/tmp/memory.script", "w");

	if (!script)
		err(1, "/tmp/memory.script");
	fprintf(script, "#!/proc/self/fd/%d /tmp/marker\n", fd);
	fchmod(fileno(script), 0755);
	fclose(script);
	execve("/tmp/memory.script", program, environ);
}

static void as_library(int fd)
{
	char preload[64];
	char *argv[] = {"true", NULL};

	snprintf(preload, sizeof(preload), "LD_PRELOAD=/proc/self/fd/%d", fd);
	execve("/bin/true", argv, (char *[]){preload, NULL});
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: memory HOW FILE");
	const char *how = argv[1];
	unsigned flags = 0;

	if (strcmp(how, "sealed") == 0)
		flags = MFD_ALLOW_SEALING;
	else if (strcmp(how, "exec") == 0)
		flags = MFD_EXEC | MFD_ALLOW_SEALING;
	else if (strcmp(how, "huge") == 0)
		flags = MFD_HUGETLB;
	int fd = memfd_create("memory", flags);

	if (flags & MFD_HUGETLB)
		fill_huge(fd, argv[2]);
	else
		fill(fd, argv[2]);
	if (strcmp(how, "empty") == 0 || strcmp(how, "huge") == 0)
		syscall(SYS_execveat, fd, "", program, environ, AT_EMPTY_PATH);
	else if (strcmp(how, "self") == 0 || strcmp(how, "exec") == 0)
		by_path("/proc/self/fd/%2$d", 0, fd);
	else if (strcmp(how, "other") == 0)
		by_other(fd);
	else if (strcmp(how, "mapped") == 0)
		by_mapping(fd);
	else if (strcmp(how, "script") == 0)
		by_script(fd);
	else if (strcmp(how, "library") == 0)
		as_library(fd);
	else if (strcmp(how, "sealed") == 0) {
		if (fcntl(fd, F_ADD_SEALS,
			  F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW |
				  F_SEAL_EXEC | F_SEAL_SEAL) < 0)
			err(1, "seal");
		by_path("/proc/self/fd/%2$d", 0, fd);
	} else if (strcmp(how, "read-only") == 0) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		int again = open(path, O_RDONLY);

		close(fd);
		by_path("/proc/self/fd/%2$d", 0, again);
	} else
		errx(2, "no way called %s", how);
	err(126, "%s by %s", argv[2], how);
}
