#include "witness.h"

#include "buffer.h"
#include "procfs.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* For a process that is being reaped all are 0, as is a parent outside our pid
 * namespace: not known. */
static void read_pid(const char *text, int64_t *ret)
{
	int64_t pid = strtoll(text, NULL, 10);

	if (pid > 0)
		*ret = pid;
}

static void read_status(pid_t tid, struct process_info *ret)
{
	char path[PROCFS_PATH];
	char line[512];
	FILE *file;

	file = fopen(procfs_path(tid, "status", path), "re");
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '\t');
		char *last = strrchr(line, '\t');

		if (!value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "Name:", 5) == 0)
			ret->name = strdup(value + 1);
		else if (strncmp(line, "Tgid:", 5) == 0)
			read_pid(value, &ret->pid);
		else if (strncmp(line, "PPid:", 5) == 0)
			read_pid(value, &ret->parent);
		else if (strncmp(line, "Uid:", 4) == 0)
			ret->uid = strtoll(value, NULL, 10);
		else if (strncmp(line, "Gid:", 4) == 0)
			ret->gid = strtoll(value, NULL, 10);
		else if (strncmp(line, "NStgid:", 7) == 0)
			read_pid(last, &ret->pid_namespaced);
	}
	if (file)
		(void)fclose(file);
}

static char *read_proc_link(pid_t tid, const char *name)
{
	char path[PROCFS_PATH];
	char text[PATH_MAX];
	ssize_t n;

	n = readlink(procfs_path(tid, name, path), text, sizeof(text));
	return n < 0 ? NULL : strndup(text, (size_t)n);
}

static void read_args(pid_t tid, struct process_info *ret)
{
	OWNED(close_owned) int fd = procfs_open(tid, "cmdline", O_RDONLY);
	char text[PROCESS_ARGS_MAX];
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text));
	if (n <= 0)
		return;
	ret->args = malloc((size_t)n);
	if (!ret->args)
		return;
	memcpy(ret->args, text, (size_t)n);
	ret->args_len = (size_t)n;
}

char *witness_executable(pid_t tid)
{
	return read_proc_link(tid, "exe");
}

void witness_process(pid_t tid, bool args, struct process_info *ret)
{
	*ret = (struct process_info){
		.pid = tid,
		.pid_namespaced = -1,
		.thread = tid,
		.parent = -1,
		.uid = -1,
		.gid = -1,
	};
	read_status(tid, ret);
	ret->executable = read_proc_link(tid, "exe");
	ret->cwd = read_proc_link(tid, "cwd");
	if (args)
		read_args(tid, ret);
}

size_t witness_ancestors(const struct process_info *process, bool args,
			 struct process_info ret[ANCESTORS_MAX])
{
	const struct process_info *child = process;
	size_t count = 0;

	while (count < ANCESTORS_MAX && child->pid_namespaced != 1 &&
	       child->parent > 0) {
		witness_process((pid_t)child->parent, args, &ret[count]);
		child = &ret[count++];
	}
	return count;
}

/* The fields behind the name, which may hold anything but a NUL: the last
 * parenthesis ends it. */
static bool read_stat(pid_t pid, char *ret_state, uint64_t *ret_ticks)
{
	struct buffer text = BUFFER_INIT;
	const char *at = NULL;

	if (procfs_read(pid, "stat", 4096, &text, NULL) == 0)
		at = strrchr(text.data, ')');
	*ret_state = 'X';
	if (at && at[1])
		*ret_state = at[2];
	/* Field 22; the one behind the parenthesis is the third. */
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	*ret_ticks = at ? strtoull(at, NULL, 10) : 0;
	buffer_clear(&text);
	return at != NULL;
}

bool witness_birth(pid_t tid, struct birth *ret)
{
	struct process_info process = {.pid = 0, .parent = 0};
	char state;

	read_status(tid, &process);
	free(process.name);
	ret->pid = (pid_t)process.pid;
	ret->parent = (pid_t)process.parent;
	return process.pid > 0 && read_stat(ret->pid, &state, &ret->ticks);
}

bool witness_lives(const struct birth *birth)
{
	uint64_t ticks;
	char state;

	return read_stat(birth->pid, &state, &ticks) && ticks == birth->ticks &&
	       state != 'Z' && state != 'X';
}
