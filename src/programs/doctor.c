#include "doctor.h"

#include "features.h"
#include "file.h"
#include "privilege.h"
#include "runtime.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

enum finding { FINDING_OK, FINDING_WEAK, FINDING_MISSING };

/* A setting of the kernel, and what its values mean for containers. */
struct setting {
	const char *path;
	const char *name;
	long weak_from, weak_to; /* values that leave something open */
	const char *weak;	 /* what, and what to do             */
	const char *absent;	 /* where the kernel has none; or NULL */
};

static const struct setting settings[] = {
	{"/proc/sys/kernel/yama/ptrace_scope", "kernel.yama.ptrace_scope", 0, 0,
	 "processes may trace others of their user, and write code into them: "
	 "sysctl -w kernel.yama.ptrace_scope=1 (children only) or 2 (nobody)",
	 "the kernel has no Yama: processes may trace others of their user, "
	 "and write code into them"},
	{"/proc/sys/vm/memfd_noexec", "vm.memfd_noexec", 0, 0,
	 "memory files may be executable; runmoor refuses to execute them all "
	 "the same. The kernel refuses where the policy has memfd: deny",
	 NULL},
	{"/proc/sys/vm/unprivileged_userfaultfd", "vm.unprivileged_userfaultfd",
	 1, 1,
	 "any process can keep the kernel waiting for its memory: "
	 "sysctl -w vm.unprivileged_userfaultfd=0",
	 NULL},
	{"/proc/sys/kernel/io_uring_disabled", "kernel.io_uring_disabled", 0, 0,
	 "who runs code of their own can write to a program on a tmpfs by an "
	 "io_uring: sysctl -w kernel.io_uring_disabled=1, or a profile "
	 "without it",
	 NULL},
	{"/proc/sys/fs/lease-break-time", "fs.lease-break-time", 0, 24,
	 "with libraries: strict, who writes to a library may get in before "
	 "those that map it are killed: sysctl -w fs.lease-break-time=45",
	 NULL},
};

static void tell(FILE *out, enum finding finding, const char *name,
		 const char *sentence)
{
	static const char *const words[] = {"ok", "weak", "missing"};

	(void)fprintf(out, "%-8s %s%s%s\n", words[finding], name,
		      sentence ? ": " : "", sentence ? sentence : "");
}

static bool examine_features(FILE *out)
{
	struct feature feature;
	bool whole = true;

	for (size_t i = 0; features_at(i, &feature); i++) {
		enum finding finding = FINDING_OK;

		if (!feature.present)
			finding = feature.required ? FINDING_MISSING
						   : FINDING_WEAK;
		whole = whole && finding != FINDING_MISSING;
		tell(out, finding, feature.name,
		     finding == FINDING_WEAK ? "not in this kernel" : NULL);
	}
	return whole;
}

static void examine_setting(FILE *out, const struct setting *setting)
{
	struct buffer text = BUFFER_INIT;
	char name[128];
	long value;

	if (file_read(AT_FDCWD, setting->path, 64, &text, NULL) < 0) {
		if (setting->absent)
			tell(out, FINDING_WEAK, setting->name, setting->absent);
		return;
	}
	value = strtol(text.data, NULL, 10);
	(void)snprintf(name, sizeof(name), "%s is %ld", setting->name, value);
	if (value >= setting->weak_from && value <= setting->weak_to)
		tell(out, FINDING_WEAK, name, setting->weak);
	else
		tell(out, FINDING_OK, name, NULL);
	buffer_clear(&text);
}

/* They let programs be written while they run; the lease alone guards. */
static void examine_kernel(FILE *out)
{
	struct utsname name;
	char line[256];
	bool weak;

	if (uname(&name) < 0)
		return;
	weak = strncmp(name.release, "6.11", 4) == 0 ||
	       strncmp(name.release, "6.12", 4) == 0;
	(void)snprintf(line, sizeof(line), "Linux %s", name.release);
	tell(out, weak ? FINDING_WEAK : FINDING_OK, line,
	     weak ? "programs can be written while they run" : NULL);
}

static bool examine_folder(FILE *out, const char *key, const char *path)
{
	OWNED(free_owned) char *line = NULL;
	OWNED(free_owned) char *parent = strdup(path);
	struct stat st;

	/* What isn't there is made at the first create. */
	while (parent && stat(parent, &st) < 0 && errno == ENOENT &&
	       strlen(parent) > 1) {
		char *slash = strrchr(parent, '/');

		slash[slash == parent] = '\0';
	}
	if (!parent || asprintf(&line, "%s %s", key, path) < 0) {
		line = NULL;
		return false;
	}
	if (access(parent, W_OK) == 0) {
		tell(out, FINDING_OK, line, NULL);
		return true;
	}
	tell(out, FINDING_MISSING, line, strerror(errno));
	return false;
}

static bool examine_runtime(FILE *out, const struct config *config)
{
	OWNED(free_owned) char *path = NULL;
	OWNED(free_owned) char *line = NULL;
	struct err e = {0};

	if (runtime_find(config->runtime, &path, &e) < 0) {
		tell(out, FINDING_MISSING, "runtime", e.text);
		return false;
	}
	if (asprintf(&line, "runtime %s", path) < 0) {
		line = NULL;
		return false;
	}
	tell(out, FINDING_OK, line, NULL);
	return true;
}

static bool examine_configuration(FILE *out)
{
	struct config config = {0};
	struct err e = {0};
	bool required;
	OWNED(free_owned) char *path = settings_path(&required);
	OWNED(free_owned) char *line = NULL;
	bool whole = settings_load(&config, &e) == 0;

	if (!path || asprintf(&line, "configuration %s", path) < 0) {
		line = NULL;
		config_clear(&config);
		return false;
	}
	/* The sentence begins with the file. */
	if (!whole)
		tell(out, FINDING_MISSING, e.text, NULL);
	else
		tell(out, FINDING_OK, line,
		     access(path, F_OK) < 0 ? "not there: the defaults hold"
					    : NULL);
	if (whole) {
		whole = examine_runtime(out, &config);
		whole &= examine_folder(out, "state_dir", config.state_dir);
		whole &= examine_folder(out, "cache_dir", config.cache_dir);
		whole &= examine_folder(out, "events.file", config.events_file);
	}
	config_clear(&config);
	return whole;
}

bool doctor_examine(FILE *out)
{
	bool whole;

	examine_kernel(out);
	whole = examine_features(out);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		examine_setting(out, &settings[i]);
	if (privilege_rootless())
		tell(out, FINDING_WEAK, "rootless",
		     "whoever is this user can end supervisors and alter "
		     "events; memfd: deny and libraries: strict need root");
	whole &= examine_configuration(out);
	return whole;
}
