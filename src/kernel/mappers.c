#include "mappers.h"

#include "cgroup.h"
#include "procfs.h"
#include "stat.h"
#include "target.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A process that is gone is no error; but without descriptors or memory an
 * existing one might be missed. */
static int failed(int error, struct err *e)
{
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return err_set(e, error, "look at the processes");
	return 0;
}

static int read_cgroup(pid_t tid, struct buffer *text, struct err *e)
{
	return procfs_read(tid, "cgroup", CGROUP_TEXT_MAX, text, e);
}

char *mappers_cgroup(pid_t tid)
{
	struct buffer text = BUFFER_INIT;

	if (read_cgroup(tid, &text, NULL) < 0)
		buffer_clear(&text);
	return text.data;
}

bool mappers_below(const char *text, const char *cgroup)
{
	while (*cgroup) {
		size_t len = strcspn(cgroup, "\n");

		if (strncmp(text, cgroup, len) != 0 ||
		    (text[len] != '\n' && text[len] != '/' &&
		     (len == 0 || cgroup[len - 1] != '/')))
			return false;
		text += strcspn(text, "\n");
		text += *text == '\n';
		cgroup += len;
		cgroup += *cgroup == '\n';
	}
	return true;
}

static int in_cgroups(pid_t pid, char *const *cgroups, size_t count,
		      bool *ret_in, struct err *e)
{
	struct buffer text = BUFFER_INIT;
	struct err why = {0};
	int rc = 0;

	*ret_in = false;
	if (read_cgroup(pid, &text, &why) < 0)
		rc = failed(why.code, e);
	for (size_t i = 0; text.data && i < count && !*ret_in; i++)
		*ret_in = mappers_below(text.data, cgroups[i]);
	buffer_clear(&text);
	return rc;
}

/* Take the mapped file's own stat, if that is permitted: the numbers in maps
 * may differ from it. */
static int ask_file(pid_t pid, const struct mapping *mapping,
		    struct mapped_file *ret, struct err *e)
{
	OWNED(close_owned) int fd = -1;
	struct identity id;
	struct err why = {0};

	*ret = (struct mapped_file){mapping->dev, mapping->ino};
	if (target_open_mapping(pid, mapping, &fd, &why) < 0)
		return failed(why.code, e);
	if (stat_identity(fd, "", AT_EMPTY_PATH, &id) == 0)
		*ret = (struct mapped_file){id.dev, id.ino};
	return 0;
}

struct search {
	const struct mapped_file *files;
	size_t count;
	mappers_visit *visit;
	void *context;
	char *const *cgroups;
	size_t cgroup_count;
};

struct process {
	pid_t pid;
	int pidfd;
	pid_t task; /* a thread that still has its memory */
};

static int visit_mappings(const struct search *search, FILE *maps,
			  const struct process *process, struct err *e)
{
	OWNED(free_owned) char *line = NULL;
	bool seen[MAPPERS_FILES_MAX] = {false};
	size_t size = 0;

	while (getline(&line, &size, maps) > 0) {
		struct mapping mapping;
		struct mapped_file file;
		uint64_t stack_end;
		bool executable = false;

		if (!target_parse_mapping(line, &mapping, &executable,
					  &stack_end) ||
		    !executable)
			continue;
		if (ask_file(process->task, &mapping, &file, e) < 0)
			return -1;
		for (size_t i = 0; i < search->count; i++)
			if (!seen[i] && search->files[i].dev == file.dev &&
			    search->files[i].ino == file.ino) {
				seen[i] = true;
				search->visit(search->context, process->pid,
					      process->pidfd, i);
			}
	}
	return line ? 0 : failed(errno, e);
}

/* A leader that has ended has neither cgroups nor memory; its threads do. */
static bool has_ended(pid_t pid)
{
	OWNED(close_owned) int fd = procfs_open(pid, "stat", O_RDONLY);
	char stat[512];
	const char *name_end;
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
	if (n <= 0)
		return false;
	stat[n] = '\0';
	name_end = strrchr(stat, ')');
	return name_end && strncmp(name_end, ") Z", 3) == 0;
}

/* The task to read the facts of process pid from: one of its threads, if its
 * leader has ended. */
static pid_t living_task(pid_t pid)
{
	struct dirent *entry;
	pid_t living = pid;
	char path[PROCFS_PATH];
	DIR *tasks;

	if (!has_ended(pid))
		return pid;
	tasks = opendir(procfs_path(pid, "task", path));
	while (tasks && living == pid && (entry = readdir(tasks))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && !has_ended(tid))
			living = tid;
	}
	if (tasks)
		(void)closedir(tasks);
	return living;
}

static int look_at_process(const struct search *search,
			   const struct process *process, struct err *e)
{
	bool in = false;
	char path[PROCFS_PATH];
	FILE *maps;
	int rc;

	if (in_cgroups(process->task, search->cgroups, search->cgroup_count,
		       &in, e) < 0)
		return -1;
	if (!in)
		return 0;
	maps = fopen(procfs_path(process->task, "maps", path), "re");
	if (!maps)
		return failed(errno, e);
	rc = visit_mappings(search, maps, process, e);
	(void)fclose(maps);
	return rc;
}

static int visit_process(const struct search *search, pid_t pid, struct err *e)
{
	/* The pidfd comes first, so that all facts are of this very process. */
	OWNED(close_owned) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	const struct process process = {pid, pidfd, living_task(pid)};

	return pidfd < 0 ? failed(errno, e)
			 : look_at_process(search, &process, e);
}

int mappers_find(const struct mapped_file *files, size_t count,
		 char *const *cgroups, size_t cgroup_count,
		 mappers_visit *visit, void *context, struct err *e)
{
	const struct search search = {files,   count,	visit,
				      context, cgroups, cgroup_count};
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int rc = 0;

	if (!proc)
		return err_set(e, errno, "list the processes");
	while (rc == 0 && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (isdigit((unsigned char)entry->d_name[0]))
			rc = visit_process(&search, pid, e);
	}
	(void)closedir(proc);
	return rc;
}
