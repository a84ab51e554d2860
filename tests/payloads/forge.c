/*
 * forge exe FILE COMMAND...   - makes /proc/self/exe name another file
 *                               (PR_SET_MM_MAP, in a user namespace), then
 *                               executes a command
 * forge name NAME COMMAND...  - takes another name (comm and argv) first
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The kernel refuses while the old file is mapped: a copy of each mapping
 * takes its place, and this very code goes on in the copy. */
static void unmap_program(void)
{
	unsigned long ranges[32][2];
	unsigned count = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (!maps || n < 0)
		err(1, "/proc/self");
	self[n] = '\0';
	while (fgets(line, sizeof(line), maps) && count < 32)
		if (strstr(line, self) &&
		    sscanf(line, "%lx-%lx", &ranges[count][0],
			   &ranges[count][1]) == 2)
			count++;
	fclose(maps);
	for (unsigned i = 0; i < count; i++) {
		size_t size = ranges[i][1] - ranges[i][0];
		void *old = (void *)ranges[i][0];
		void *new = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (new == MAP_FAILED)
			err(1, "mmap");
		memcpy(new, old, size);
		if (mremap(new, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   old) == MAP_FAILED)
			err(1, "mremap");
	}
}

static void forge_exe(const char *file)
{
	struct prctl_mm_map map;
	unsigned long field[52] = {0};
	char stat[4096], exe[PATH_MAX];
	FILE *f = fopen("/proc/self/stat", "r");
	char *at;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (!f || !fgets(stat, sizeof(stat), f) || fd < 0)
		err(1, "%s", file);
	at = strrchr(stat, ')') + 3; /* past the state, which is field 3 */
	for (int i = 4; i <= 51; i++)
		field[i] = strtoul(at, &at, 10);
	unmap_program();
	if (unshare(CLONE_NEWUSER) < 0)
		err(1, "unshare");
	memset(&map, 0, sizeof(map));
	map.start_code = field[26];
	map.end_code = field[27];
	map.start_stack = field[28];
	map.start_data = field[45];
	map.end_data = field[46];
	map.start_brk = field[47];
	map.brk = (uintptr_t)sbrk(0);
	map.arg_start = field[48];
	map.arg_end = field[49];
	map.env_start = field[50];
	map.env_end = field[51];
	map.exe_fd = (unsigned)fd;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0)
		err(1, "PR_SET_MM_MAP");
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[n < 0 ? 0 : n] = '\0';
	if (strcmp(exe, file) != 0)
		errx(1, "/proc/self/exe is still %s", exe);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: forge exe|name WHAT COMMAND...");
	if (strcmp(argv[1], "exe") == 0)
		forge_exe(argv[2]);
	else {
		prctl(PR_SET_NAME, argv[2], 0, 0, 0);
		memset(argv[0], 0, strlen(argv[0]));
	}
	execv(argv[3], &argv[3]);
	err(126, "%s", argv[3]);
}
