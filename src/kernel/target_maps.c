#include "target.h"

#include "procfs.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

bool target_parse_mapping(const char *line, struct mapping *ret,
			  bool *ret_executable, uint64_t *ret_stack_end)
{
	unsigned major = 0;
	unsigned minor = 0;
	char perms[5] = "";
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64 " %n",
		   &ret->start, &ret->end, perms, &major, &minor, &ret->ino,
		   &name) < 6)
		return false;
	ret->dev = (uint64_t)major << 32 | minor;
	if (name && strncmp(line + name, "[stack]", 7) == 0)
		*ret_stack_end = ret->end;
	*ret_executable = perms[2] == 'x';
	ret->private = perms[3] == 'p';
	/* A FUSE server may say that its inode is 0. */
	return major || minor || ret->ino || (name && line[name] == '/');
}

bool target_may_read(pid_t tid, uint64_t address)
{
	int fd = procfs_open(tid, "maps", O_RDONLY);
	FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	OWNED(free_owned) char *line = NULL;
	bool may = false;
	size_t size = 0;

	if (!maps)
		close_owned(&fd);
	while (maps && !may && getline(&line, &size, maps) > 0) {
		uint64_t start = 0;
		uint64_t end = 0;
		char perms[5] = "";

		may = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &start, &end,
			     perms) == 3 &&
		      strcspn(perms, "rwx") < 3 && start <= address &&
		      address < end;
	}
	if (maps)
		(void)fclose(maps);
	return may;
}

int target_open_mapping(pid_t tid, const struct mapping *mapping, int *ret_fd,
			struct err *e)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64,
		       mapping->start, mapping->end);
	return target_open_link(tid, name, ret_fd, e);
}

int target_mappings(pid_t tid, struct mapping ret[MAPPINGS_MAX],
		    size_t *ret_count, uint64_t *ret_stack_end, struct err *e)
{
	OWNED(close_owned) int fd = procfs_open(tid, "maps", O_RDONLY);
	char text[64 * 1024];
	size_t len = 0;
	char *next;
	ssize_t n = 0;

	*ret_count = 0;
	*ret_stack_end = 0;
	/* Read to the end of file: a short read doesn't mean the end, since
	 * lines are as long as the paths that the container chose. */
	while (fd >= 0 && len < sizeof(text) - 1 &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	if (fd < 0 || n < 0)
		return err_set(e, errno, "read the mappings of task %d", tid);
	if (n > 0)
		return err_set(e, E2BIG, "read the mappings of task %d", tid);
	text[len] = '\0';
	for (char *line = text; (next = strchr(line, '\n')); line = next + 1) {
		struct mapping mapping;
		bool executable = false;

		*next = '\0';
		if (!target_parse_mapping(line, &mapping, &executable,
					  ret_stack_end) ||
		    !executable)
			continue;
		if (*ret_count == MAPPINGS_MAX)
			return err_set(e, E2BIG, "read the mappings of task %d",
				       tid);
		ret[(*ret_count)++] = mapping;
	}
	return 0;
}

int target_mappings_within(pid_t tid, uint64_t start, uint64_t end,
			   struct mapping ret[MAPPINGS_MAX], size_t *ret_count,
			   struct err *e)
{
	int fd = procfs_open(tid, "maps", O_RDONLY);
	FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	OWNED(free_owned) char *line = NULL;
	bool full = false;
	size_t size = 0;

	*ret_count = 0;
	if (!maps) {
		(void)err_set(e, errno, "read the mappings of task %d", tid);
		close_owned(&fd);
		return -1;
	}
	while (!full && getline(&line, &size, maps) > 0) {
		struct mapping mapping;
		uint64_t stack_end;
		bool executable;

		if (!target_parse_mapping(line, &mapping, &executable,
					  &stack_end) ||
		    mapping.end <= start || mapping.start >= end)
			continue;
		full = *ret_count == MAPPINGS_MAX;
		if (!full)
			ret[(*ret_count)++] = mapping;
	}
	full = full || ferror(maps);
	(void)fclose(maps);
	return full ? err_set(e, E2BIG, "read the mappings of task %d", tid)
		    : 0;
}

/* One value of getauxval(3); false if there is none, or it can't be read. */
static bool find_auxiliary(pid_t tid, uint64_t type, uint64_t *ret)
{
	OWNED(close_owned) int fd = procfs_open(tid, "auxv", O_RDONLY);
	uint64_t vector[128]; /* pairs of a type and a value */
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, vector, sizeof(vector));
	if (n < 0)
		return false;
	for (size_t i = 0; i + 1 < (size_t)n / sizeof(*vector); i += 2)
		if (vector[i] == type) {
			*ret = vector[i + 1];
			return true;
		}
	return false;
}

int target_execfd(pid_t tid)
{
	uint64_t fd;

	return find_auxiliary(tid, AT_EXECFD, &fd) && fd <= INT_MAX ? (int)fd
								    : -1;
}

bool target_loader_has(pid_t tid, uint64_t code, bool executed)
{
	struct mapping of_code[MAPPINGS_MAX];
	struct mapping of_loader[MAPPINGS_MAX];
	uint64_t loader;
	size_t count;

	/* The address of ld.so; 0 if there is none. */
	if (!find_auxiliary(tid, executed ? AT_ENTRY : AT_BASE, &loader))
		return true;
	if (!loader)
		return false;
	if (target_mappings_within(tid, loader, loader + 1, of_loader, &count,
				   NULL) < 0 ||
	    count != 1 ||
	    target_mappings_within(tid, code, code + 1, of_code, &count, NULL) <
		    0)
		return true;
	return count == 1 && of_code[0].dev == of_loader[0].dev &&
	       of_code[0].ino == of_loader[0].ino;
}
