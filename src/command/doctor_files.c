#include "doctor_internal.h"

#include "file.h"
#include "handoff.h"
#include "runtime.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
	FOLDER_DIGITS = 16, /* a container's folder below state_dir */
	LEAST_MIB = 16,	    /* free space, for a manifest and some events */
};

/* True if others than its owner can write it, or the owner isn't us or root. */
static bool is_others(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	       ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
		(st.st_uid != 0 && st.st_uid != geteuid()));
}

void doctor_owner(struct findings *findings, const char *path)
{
	if (is_others(path))
		findings_add(findings, FINDING_WEAK, "configuration", path,
			     "others may write it, and loosen the policy: "
			     "chown root, chmod go-w");
}

/* Examine the file, and the folder, where another could take its place. */
static void examine_owner(struct findings *findings, const char *path)
{
	OWNED(free_owned) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (slash)
		*slash = '\0';
	doctor_owner(findings, path);
	if (slash)
		doctor_owner(findings, *folder ? folder : "/");
}

static void examine_mode(struct findings *findings, const struct config *config)
{
	if (config->mode == MODE_OFF)
		findings_add(findings, FINDING_MISSING, "configuration",
			     "mode is off",
			     "containers run unprotected, but for those whose "
			     "policy or annotation says otherwise: set mode to "
			     "enforce");
	else if (config->mode == MODE_AUDIT)
		findings_add(findings, FINDING_WEAK, "configuration",
			     "mode is audit",
			     "drift runs, and is recorded: set mode to enforce "
			     "once nothing is recorded that should run");
	if (config->on_unprotectable == UNPROTECTABLE_RUN)
		findings_add(findings, FINDING_WEAK, "configuration",
			     "on_unprotectable is run",
			     "what can't be protected runs all the same, and "
			     "only the log says so");
	if (config->cgroup == PAYER_ENGINE)
		findings_add(findings, FINDING_WEAK, "configuration",
			     "cgroup is engine",
			     "what a container has judged isn't limited by its "
			     "own limit: set cgroup to container");
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool doctor_configuration(struct findings *findings, struct config *config)
{
	struct err e = {0};
	bool required;
	OWNED(free_owned) char *path = settings_path(&required);
	OWNED(free_owned)
	char *line = path ? text_format("configuration %s", path) : NULL;

	if (!line) {
		findings->whole = false;
		return false;
	}
	if (settings_load(config, &e) < 0) {
		/* The sentence begins with the file. */
		findings_add(findings, FINDING_MISSING, "configuration", e.text,
			     NULL);
		return false;
	}
	findings_add(findings, FINDING_OK, "configuration", line,
		     access(path, F_OK) == 0 ? NULL
		     : is_link(path)	     ? "a link that leads nowhere: the "
					       "defaults hold"
					     : "not there: the defaults hold");
	examine_owner(findings, path);
	examine_mode(findings, config);
	doctor_policies(findings, config, path);
	return true;
}

/* The existing part of a path; malloc'ed, NULL: no memory. */
static char *existing_part(const char *path)
{
	char *part = strdup(path);
	struct stat st;

	while (part && lstat(part, &st) < 0 && errno == ENOENT &&
	       strlen(part) > 1) {
		char *slash = strrchr(part, '/');

		slash[slash == part] = '\0';
	}
	return part;
}

/* Write a file with some content, and remove it at once. */
static int try_write(const char *folder)
{
	OWNED(free_owned)
	char *path = file_in(folder, ".runmoor-doctor.XXXXXX");
	OWNED(close_owned) int fd = -1;
	static const char bytes[4096];
	int error = 0;

	if (!path)
		return ENOMEM;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
		error = errno ? errno : ENOSPC;
	(void)unlink(path);
	return error;
}

/* The fault of a folder, whether it exists or would be made; NULL: none. */
static const char *look_at_folder(const char *path, enum finding *ret)
{
	OWNED(free_owned) char *part = existing_part(path);
	struct statvfs fs;
	struct stat st;
	int error;

	*ret = FINDING_MISSING;
	if (!part || stat(part, &st) < 0)
		return strerror(part ? errno : ENOMEM);
	if (!S_ISDIR(st.st_mode))
		return strerror(ENOTDIR);
	error = access(part, W_OK | X_OK) < 0 ? errno : try_write(part);
	if (error)
		return strerror(error);
	*ret = FINDING_WEAK;
	if (statvfs(part, &fs) == 0 &&
	    fs.f_bavail * fs.f_frsize / 1024 / 1024 < LEAST_MIB)
		return "its file system is nearly full: manifests and events "
		       "need room";
	*ret = FINDING_OK;
	return NULL;
}

static void examine_folder(struct findings *findings, const char *key,
			   const char *path)
{
	OWNED(free_owned) char *line = NULL;
	enum finding finding;
	const char *wrong = look_at_folder(path, &finding);

	line = text_format("%s %s", key, path);
	if (!line) {
		findings->whole = false;
		return;
	}
	if (finding == FINDING_OK && is_others(path)) {
		finding = FINDING_WEAK;
		wrong = "others may write it, and alter seals, records or "
			"events: chown root, chmod go-w";
	}
	findings_add(findings, finding, "folder", line, wrong);
}

static void examine_events(struct findings *findings, const char *path)
{
	OWNED(free_owned) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		findings_add(findings, FINDING_MISSING, "folder", "events.file",
			     "is a folder: name a file");
	else if (stat(path, &st) == 0 && access(path, W_OK) < 0)
		findings_add(findings, FINDING_MISSING, "folder", "events.file",
			     strerror(errno));
	else if (slash) {
		slash[slash == folder] = '\0';
		examine_folder(findings, "events.file", folder);
	}
}

void doctor_folders(struct findings *findings, const struct config *config)
{
	size_t len = strlen(config->state_dir) + 1 + FOLDER_DIGITS +
		     strlen("/listener.sock");

	examine_folder(findings, "state_dir", config->state_dir);
	examine_folder(findings, "cache_dir", config->cache_dir);
	examine_events(findings, config->events_file);
	if (len > HANDOFF_PATH_MAX)
		findings_add(findings, FINDING_MISSING, "folder", "state_dir",
			     "too long a path for a socket below it: choose a "
			     "shorter one");
}

static void examine_program(struct findings *findings, const char *folder,
			    const char *name)
{
	OWNED(free_owned) char *path = file_in(folder, name);

	if (!path) {
		findings->whole = false;
		return;
	}
	if (access(path, X_OK) == 0)
		findings_add(findings, FINDING_OK, "program", path, NULL);
	else
		findings_add(findings, FINDING_MISSING, "program", path,
			     errno == ENOENT
				     ? "not there: install runmoor's programs "
				       "in one folder"
				     : strerror(errno));
}

static void examine_link(struct findings *findings, const char *folder,
			 const char *runtime)
{
	OWNED(free_owned)
	char *path = text_format("%s/runmoor-%s", folder, runtime);
	OWNED(free_owned) char *found = NULL;
	char sentence[128];

	if (!path) {
		findings->whole = false;
		return;
	}
	if (access(path, F_OK) < 0 || runtime_find(runtime, &found, NULL) == 0)
		return;
	(void)snprintf(sentence, sizeof(sentence),
		       "%s isn't on PATH: containers by this link fail; "
		       "install %s, or don't use the link",
		       runtime, runtime);
	findings_add(findings, FINDING_WEAK, "runtime", path, sentence);
}

void doctor_programs(struct findings *findings, const struct config *config)
{
	OWNED(free_owned) char *runtime = NULL;
	OWNED(free_owned) char *line = NULL;
	char folder[PATH_MAX];
	struct err e = {0};

	if (runtime_own_folder(folder, NULL) < 0) {
		findings->whole = false;
		return;
	}
	examine_program(findings, folder, "runmoor");
	examine_program(findings, folder, "runmoor-supervisor");
	if (runtime_find(config->runtime, &runtime, &e) < 0) {
		findings_add(findings, FINDING_MISSING, "runtime", "runtime",
			     e.text);
	} else {
		line = text_format("runtime %s", runtime);
		if (line)
			findings_add(findings, FINDING_OK, "runtime", line,
				     NULL);
		else
			findings->whole = false;
	}
	examine_link(findings, folder, "runc");
	examine_link(findings, folder, "crun");
}
