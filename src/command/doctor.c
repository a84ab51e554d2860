#include "doctor.h"

#include "doctor_internal.h"
#include "features.h"
#include "file.h"
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A setting of the kernel, and the meaning of its values for containers. */
struct setting {
	const char *path;
	const char *name;
	long weak_from, weak_to; /* values that leave something open */
	const char *weak;	 /* the weakness and its remedy */
	const char *absent;	 /* text if the kernel lacks it; or NULL */
	/* True if it matters with this policy; NULL: with any. */
	bool (*matters)(const struct config *config);
};

static bool has_strict(const struct config *config)
{
	return config->libraries == LIBRARIES_STRICT;
}

static const struct setting settings[] = {
	{"/proc/sys/kernel/yama/ptrace_scope", "kernel.yama.ptrace_scope", 0, 0,
	 "processes may trace others of their user, and write code into them: "
	 "sysctl -w kernel.yama.ptrace_scope=1 (children only) or 2 (nobody)",
	 "the kernel has no Yama: processes may trace others of their user, "
	 "and write code into them",
	 NULL},
	{"/proc/sys/vm/unprivileged_userfaultfd", "vm.unprivileged_userfaultfd",
	 1, 1,
	 "any process can keep the kernel waiting for its memory: "
	 "sysctl -w vm.unprivileged_userfaultfd=0",
	 NULL, NULL},
	{"/proc/sys/kernel/io_uring_disabled", "kernel.io_uring_disabled", 0, 0,
	 "who runs code of their own can write to a program on a tmpfs by an "
	 "io_uring: sysctl -w kernel.io_uring_disabled=1, or a profile "
	 "without it",
	 NULL, NULL},
	{"/proc/sys/fs/lease-break-time", "fs.lease-break-time", 0, 24,
	 "with libraries: strict, who writes to a library may get in before "
	 "those that map it are killed: sysctl -w fs.lease-break-time=45",
	 NULL, has_strict},
};

void findings_add(struct findings *findings, enum finding finding,
		  const char *kind, const char *name, const char *sentence)
{
	static const char *const words[] = {"ok", "weak", "missing"};
	OWNED(json_owned) struct json *object = NULL;

	findings->whole = findings->whole && finding != FINDING_MISSING;
	if (findings->out) {
		(void)fprintf(findings->out, "%-8s %s%s%s\n", words[finding],
			      name, sentence ? ": " : "",
			      sentence ? sentence : "");
		return;
	}
	object = json_new_object();
	if (json_set(object, "finding", json_new_string(words[finding])) < 0 ||
	    json_set(object, "kind", json_new_string(kind)) < 0 ||
	    json_set(object, "name", json_new_string(name)) < 0 ||
	    (sentence &&
	     json_set(object, "text", json_new_string(sentence)) < 0) ||
	    json_append(findings->list, PTR_MOVE(object)) < 0)
		findings->whole = false;
}

/* Policies for workloads aren't considered here. */
static bool asks_for(const struct config *config, const char *key)
{
	if (config->policy_count)
		return true;
	if (strcmp(key, "memory") == 0)
		return config->memory == PERMISSION_DENY;
	if (strcmp(key, "memfd") == 0)
		return config->memfd == PERMISSION_DENY;
	return config->scripts == SCRIPTS_ENFORCE;
}

static void examine_features(struct findings *findings,
			     const struct config *config)
{
	struct feature feature;

	for (size_t i = 0; features_at(i, &feature); i++) {
		const char *sentence = NULL;
		enum finding finding = FINDING_OK;

		if (!feature.present && feature.required) {
			finding = FINDING_MISSING;
			sentence = "no container can be protected without it: "
				   "a newer kernel, or one with it, is needed";
		} else if (!feature.present &&
			   asks_for(config, feature.policy)) {
			finding = FINDING_WEAK;
			sentence = "not in this kernel: the policy that asks "
				   "for it can't be had";
		} else if (!feature.present) {
			sentence = "not in this kernel, and no policy asks for "
				   "it";
		}
		findings_add(findings, finding, "feature", feature.name,
			     sentence);
	}
}

static void examine_setting(struct findings *findings,
			    const struct setting *setting,
			    const struct config *config)
{
	struct buffer text = BUFFER_INIT;
	bool matters = !setting->matters || setting->matters(config) ||
		       config->policy_count;
	char name[128];
	long value;

	if (file_read(AT_FDCWD, setting->path, 64, &text, NULL) < 0) {
		if (setting->absent)
			findings_add(findings, FINDING_WEAK, "setting",
				     setting->name, setting->absent);
		buffer_clear(&text);
		return;
	}
	value = text.len ? strtol(text.data, NULL, 10) : 0;
	buffer_clear(&text);
	(void)snprintf(name, sizeof(name), "%s is %ld", setting->name, value);
	if (matters && value >= setting->weak_from && value <= setting->weak_to)
		findings_add(findings, FINDING_WEAK, "setting", name,
			     setting->weak);
	else
		findings_add(findings, FINDING_OK, "setting", name, NULL);
}

/* Some kernels (6.11, the first of 6.12) let programs be written while they
 * run; the lease alone guards there. This kernel is tested with our own
 * program. */
static void examine_kernel(struct findings *findings)
{
	OWNED(close_owned)
	int fd = open("/proc/self/exe", O_WRONLY | O_CLOEXEC);
	struct utsname name;
	char line[256];

	if (uname(&name) < 0)
		return;
	(void)snprintf(line, sizeof(line), "Linux %s", name.release);
	findings_add(findings, fd >= 0 ? FINDING_WEAK : FINDING_OK, "kernel",
		     line,
		     fd >= 0 ? "programs can be written while they run" : NULL);
}

static void examine(struct findings *findings)
{
	struct config config = {0};

	examine_kernel(findings);
	if (doctor_configuration(findings, &config)) {
		doctor_folders(findings, &config);
		doctor_programs(findings, &config);
	}
	examine_features(findings, &config);
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		examine_setting(findings, &settings[i], &config);
	if (privilege_rootless())
		findings_add(findings, FINDING_WEAK, "rootless", "rootless",
			     "whoever is this user can end supervisors and "
			     "alter events; memfd: deny and libraries: strict "
			     "need root");
	if (config.state_dir) {
		doctor_containers(findings, &config);
		doctor_seals(findings, &config);
		doctor_trials(findings, &config);
	}
	config_clear(&config);
}

static bool write_list(FILE *out, struct findings *findings)
{
	OWNED(json_owned) struct json *document = json_new_object();
	struct buffer text = BUFFER_INIT;
	bool written;

	if (json_set(document, "ok", json_new_bool(findings->whole)) < 0 ||
	    json_set(document, "findings", PTR_MOVE(findings->list)) < 0)
		return false;
	json_write(document, true, &text);
	written = !buffer_failed(&text) &&
		  fwrite(text.data, 1, text.len, out) == text.len &&
		  fputc('\n', out) != EOF;
	buffer_clear(&text);
	return written;
}

bool doctor_examine(FILE *out, bool as_json)
{
	struct findings findings = {
		.out = as_json ? NULL : out,
		.list = as_json ? json_new_array() : NULL,
		.whole = true,
	};

	examine(&findings);
	if (as_json && !write_list(out, &findings))
		findings.whole = false;
	json_free(findings.list);
	return findings.whole;
}
