/*
 * A container of doctor's own, in a folder of its own, with state, cache,
 * events and configuration of its own: so it neither touches nor depends on
 * existing ones.
 */
#include "doctor_internal.h"

#include "buffer.h"
#include "file.h"
#include "privilege.h"
#include "runtime.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIMIT_MS = 20000,
	TIMED_OUT = -1,
	OUTPUT_MAX = 64 * 1024,
	EVENTS_MAX = 1024 * 1024,
	/* Exit statuses of runmoor-trial. */
	SAW_ALL = 0,
	SAW_REFUSED = 10,
	SAW_DRIFT = 11,
	/* It reports success, but its execs weren't judged. */
	SAW_UNJUDGED = -2,
};

struct trial {
	char folder[64];
	char own[PATH_MAX]; /* folder of our programs */
	char id[64];
	const char *runtime; /* path */
};

/* Every namespace except the network's is the container's own. */
static const char spec[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"args\":[\"/trial\"],"
	"\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0},\"env\":[],"
	"\"noNewPrivileges\":false},\"root\":{\"path\":\"rootfs\"},"
	"\"hostname\":\"trial\",\"mounts\":[{\"destination\":\"/proc\","
	"\"type\":\"proc\",\"source\":\"proc\"}],\"linux\":{\"namespaces\":["
	"{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"ipc\"},"
	"{\"type\":\"uts\"}]}}\n";

static int write_file(const struct trial *trial, const char *name,
		      const char *text)
{
	OWNED(free_owned) char *path = file_in(trial->folder, name);

	if (!path)
		return -1;
	return file_publish(path, text, strlen(text), 0600, NULL);
}

static int write_config(const struct trial *trial)
{
	OWNED(free_owned)
	char *text = text_format(
		"{\"state_dir\":\"%s/state\",\"cache_dir\":\"%s/cache\","
		"\"events\":{\"file\":\"%s/events\"}}\n",
		trial->folder, trial->folder, trial->folder);

	if (!text)
		return -1;
	return write_file(trial, "config.json", text);
}

/* behind: bytes that the copy has after the program's. */
static int copy_program(const struct trial *trial, const char *name,
			const char *behind)
{
	OWNED(free_owned) char *from = file_in(trial->own, "runmoor-trial");
	OWNED(free_owned)
	char *to = text_format("%s/bundle/rootfs/%s", trial->folder, name);
	struct buffer bytes = BUFFER_INIT;
	int rc;

	if (!from || !to)
		return -1;
	rc = file_read(AT_FDCWD, from, (size_t)16 * 1024 * 1024, &bytes, NULL);
	buffer_append(&bytes, behind, strlen(behind));
	if (rc == 0)
		rc = buffer_failed(&bytes)
			     ? -1
			     : file_publish(to, bytes.data, bytes.len, 0755,
					    NULL);
	buffer_clear(&bytes);
	return rc;
}

static int make_folder(const struct trial *trial, const char *name)
{
	OWNED(free_owned) char *path = file_in(trial->folder, name);

	if (!path)
		return -1;
	return mkdir(path, 0755);
}

/* Find a folder in which programs can be executed. */
static bool find_room(struct trial *trial)
{
	static const char *const places[] = {"/tmp", "/var/tmp", "/run",
					     "/dev/shm"};
	struct statvfs fs;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		(void)snprintf(trial->folder, sizeof(trial->folder),
			       "%s/runmoor-doctor.XXXXXX", places[i]);
		if (statvfs(places[i], &fs) == 0 &&
		    !(fs.f_flag & (ST_NOEXEC | ST_RDONLY)) &&
		    mkdtemp(trial->folder))
			return true;
	}
	return false;
}

static bool prepare(const struct trial *trial)
{
	return make_folder(trial, "bundle") == 0 &&
	       make_folder(trial, "bundle/rootfs") == 0 &&
	       make_folder(trial, "bundle/rootfs/proc") == 0 &&
	       make_folder(trial, "bundle/rootfs/dev") == 0 &&
	       copy_program(trial, "trial", "") == 0 &&
	       copy_program(trial, "listed", "listed") == 0 &&
	       write_file(trial, "bundle/config.json", spec) == 0 &&
	       write_config(trial) == 0;
}

/* The exit status, or TIMED_OUT, after killing it. */
static int wait_for(pid_t pid)
{
	OWNED(close_owned) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = {.fd = fd, .events = POLLIN};
	int status = 0;
	int ready;

	do
		ready = poll(&end, 1, LIMIT_MS);
	while (ready < 0 && errno == EINTR);
	if (ready == 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ready == 0)
		return TIMED_OUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Run runmoor with these arguments behind --root; its output goes to a file. */
static int run(const struct trial *trial, char *const arguments[])
{
	char program[PATH_MAX + 16];
	char root[96];
	char output[96];
	char *argv[16] = {(char *)"runmoor", (char *)"--root", root};
	posix_spawn_file_actions_t actions;
	extern char **environ;
	size_t count = 3;
	pid_t pid;
	int rc;

	(void)snprintf(program, sizeof(program), "%s/runmoor", trial->own);
	(void)snprintf(root, sizeof(root), "%s/runtime", trial->folder);
	(void)snprintf(output, sizeof(output), "%s/output", trial->folder);
	while (*arguments && count < ARRAY_LEN(argv) - 1)
		argv[count++] = *arguments++;
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
					       O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(
		&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)posix_spawn_file_actions_adddup2(&actions, 1, 2);
	rc = posix_spawn(&pid, program, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? wait_for(pid) : 127;
}

/* An exit status alone proves nothing: there must be the supervisor's event of
 * the refusal, which is written before that of the container's end. */
static bool was_judged(const struct trial *trial)
{
	struct buffer text = BUFFER_INIT;
	char path[96];
	bool judged = false;

	(void)snprintf(path, sizeof(path), "%s/events", trial->folder);
	if (file_read(AT_FDCWD, path, EVENTS_MAX, &text, NULL) == 0 && text.len)
		judged = memmem(text.data, text.len, "\"exec-blocked\"",
				strlen("\"exec-blocked\"")) &&
			 memmem(text.data, text.len, "\"/unlisted\"",
				strlen("\"/unlisted\""));
	buffer_clear(&text);
	return judged;
}

static int run_container(struct trial *trial)
{
	char bundle[96];
	char config[96];
	char *start[] = {(char *)"run", (char *)"--bundle", bundle, trial->id,
			 NULL};
	char *end[] = {(char *)"delete", (char *)"--force", trial->id, NULL};
	int status;

	(void)snprintf(bundle, sizeof(bundle), "%s/bundle", trial->folder);
	(void)snprintf(config, sizeof(config), "%s/config.json", trial->folder);
	if (setenv("RUNMOOR_CONFIG", config, 1) < 0 ||
	    setenv("RUNMOOR_RUNTIME", trial->runtime, 1) < 0)
		return 127;
	status = run(trial, start);
	if (status == SAW_ALL && was_judged(trial))
		return SAW_ALL;
	(void)run(trial, end);
	return status == SAW_ALL ? SAW_UNJUDGED : status;
}

/* The last line that was printed, in text; or another sentence. */
static const char *last_line(const struct trial *trial, struct buffer *text)
{
	char path[96];
	char *line;

	(void)snprintf(path, sizeof(path), "%s/output", trial->folder);
	if (file_read(AT_FDCWD, path, OUTPUT_MAX, text, NULL) < 0 ||
	    text->len == 0)
		return "it didn't start, and said nothing";
	while (text->len && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
	line = strrchr(text->data, '\n');
	return line ? line + 1 : text->data;
}

static void judge(struct findings *findings, const struct trial *trial,
		  bool chosen, int status)
{
	const enum finding bad = chosen ? FINDING_MISSING : FINDING_WEAK;
	struct buffer text = BUFFER_INIT;
	OWNED(free_owned)
	char *line = text_format("trial by %s", trial->runtime);

	if (!line) {
		findings->whole = false;
		return;
	}
	if (status == SAW_ALL)
		findings_add(findings, FINDING_OK, "trial", line,
			     "a program of the image ran, and one that was "
			     "added was refused");
	else if (status == SAW_DRIFT)
		findings_add(findings, FINDING_MISSING, "trial", line,
			     "a program that was added ran: nothing is "
			     "protected");
	else if (status == SAW_UNJUDGED)
		findings_add(findings, bad, "trial", line,
			     "says that the container ran, but nobody judged "
			     "what it executed: is it an OCI runtime, and does "
			     "it start the bundle that it is given?");
	else if (status == SAW_REFUSED)
		findings_add(findings, bad, "trial", line,
			     "a program of the image was refused");
	else if (status == TIMED_OUT)
		findings_add(findings, bad, "trial", line,
			     "the container didn't end within 20 s");
	else
		findings_add(findings, bad, "trial", line,
			     last_line(trial, &text));
	buffer_clear(&text);
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static bool access_trial(const struct trial *trial)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/runmoor-trial", trial->own);
	return access(path, R_OK) == 0;
}

/* chosen: the configuration's runtime. */
static void try_runtime(struct findings *findings, const char *runtime,
			bool chosen)
{
	struct trial trial = {.runtime = runtime};

	if (runtime_own_folder(trial.own, NULL) < 0 || !find_room(&trial)) {
		findings_add(findings, FINDING_WEAK, "trial", "trial",
			     "no folder for it: none of /tmp, /var/tmp, /run "
			     "and /dev/shm can be written to and executed "
			     "from");
		return;
	}
	(void)snprintf(trial.id, sizeof(trial.id), "%s",
		       strrchr(trial.folder, '/') + 1);
	if (prepare(&trial))
		judge(findings, &trial, chosen, run_container(&trial));
	else
		findings_add(findings, FINDING_WEAK, "trial", "trial",
			     access_trial(&trial)
				     ? "can't be prepared: is room left?"
				     : "can't be prepared: runmoor-trial isn't "
				       "beside moorctl");
	(void)nftw(trial.folder, remove_entry, 16,
		   FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void doctor_trials(struct findings *findings, const struct config *config)
{
	static const char *const others[] = {"runc", "crun"};
	OWNED(free_owned) char *chosen = NULL;

	if (geteuid() != 0) {
		findings_add(findings, FINDING_WEAK, "trial", "trial",
			     "a user's containers need a user namespace: run "
			     "podman unshare moorctl doctor");
		return;
	}
	/* A missing runtime has been reported already. */
	if (runtime_find(config->runtime, &chosen, NULL) == 0)
		try_runtime(findings, chosen, true);
	for (size_t i = 0; chosen && i < ARRAY_LEN(others); i++) {
		OWNED(free_owned) char *other = NULL;

		if (runtime_find(others[i], &other, NULL) == 0 &&
		    strcmp(other, chosen) != 0)
			try_runtime(findings, other, false);
	}
}
