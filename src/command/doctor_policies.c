/*
 * The policies for workloads: the users who may write their files, and the
 * policies that remove protection.
 */
#include "doctor_internal.h"
#include "file.h"
#include "settings.h"
#include "text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *word(const struct policy *policy, const char *key)
{
	const char *text = "";

	(void)json_string(json_get(policy->keys, key), &text);
	return text;
}

/* This is no fault, since a policy may intend it; but the operator should
 * know. */
static void examine_policy(struct findings *findings,
			   const struct policy *policy)
{
	OWNED(free_owned) char *line = text_format("policy %s", policy->name);

	if (!line) {
		findings->whole = false;
		return;
	}
	if (strcmp(word(policy, "mode"), "off") == 0)
		findings_add(findings, FINDING_WEAK, "configuration", line,
			     "mode is off: containers that it matches run "
			     "unprotected");
	else if (strcmp(word(policy, "mode"), "audit") == 0)
		findings_add(findings, FINDING_WEAK, "configuration", line,
			     "mode is audit: in containers that it matches "
			     "drift runs, and is recorded");
	else
		findings_add(findings, FINDING_OK, "configuration", line, NULL);
	if (strcmp(word(policy, "on_unprotectable"), "run") == 0)
		findings_add(findings, FINDING_WEAK, "configuration", line,
			     "on_unprotectable is run: what can't be protected "
			     "runs all the same, and only the log says so");
}

/* A file that isn't read is most likely misnamed. */
static bool is_unread(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' &&
	       (len <= strlen(".json") ||
		strcmp(name + len - strlen(".json"), ".json") != 0);
}

static void examine_file(struct findings *findings, const char *folder,
			 const char *name)
{
	OWNED(free_owned) char *path = file_in(folder, name);

	if (!path) {
		findings->whole = false;
		return;
	}
	if (is_unread(name))
		findings_add(findings, FINDING_WEAK, "configuration", path,
			     "isn't read: the names of policies end in .json");
	else
		doctor_owner(findings, path);
}

void doctor_policies(struct findings *findings, const struct config *config,
		     const char *file)
{
	OWNED(free_owned) char *folder = settings_policies(file);
	const struct dirent *entry;
	DIR *entries;

	if (!folder) {
		findings->whole = false;
		return;
	}
	entries = opendir(folder);
	if (entries)
		doctor_owner(findings, folder);
	while (entries && (entry = readdir(entries)))
		if (entry->d_name[0] != '.')
			examine_file(findings, folder, entry->d_name);
	if (entries)
		(void)closedir(entries);
	for (size_t i = 0; i < config->policy_count; i++)
		examine_policy(findings, &config->policies[i]);
}
