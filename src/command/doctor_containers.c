#include "doctor_internal.h"

#include "bill.h"
#include "container.h"
#include "died.h"
#include "file.h"
#include "text.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static void examine_container(struct findings *findings, const char *folder)
{
	OWNED(free_owned) char *fallback = bill_fallback(folder);
	OWNED(free_owned) char *line = NULL;
	OWNED(free_owned) char *sentence = NULL;
	struct container container;
	struct err ignored = {0};

	/* A container that is being created, or was just deleted, has no
	 * record. */
	if (container_read(folder, &container, NULL) < 0)
		return;
	line = text_format("container %s%s%s%s", container.id,
			   container.name ? " (" : "",
			   container.name ? container.name : "",
			   container.name ? ")" : "");
	if (fallback)
		sentence = text_format(
			"what it has judged isn't limited by its own limit of "
			"processor time: %s",
			fallback);
	if (line && died_check(folder)) {
		(void)died_tell(folder, &ignored);
		findings_add(findings, FINDING_MISSING, "container", line,
			     "has no supervisor: each exec in it fails; "
			     "restart it, with its engine");
	} else if (line && sentence) {
		findings_add(findings, FINDING_WEAK, "container", line,
			     sentence);
	}
	doctor_volumes_cut(findings, &container);
	container_clear(&container);
}

void doctor_containers(struct findings *findings, const struct config *config)
{
	DIR *folders = opendir(config->state_dir);
	const struct dirent *entry;

	while (folders && (entry = readdir(folders))) {
		OWNED(free_owned) char *folder = NULL;

		if (entry->d_name[0] == '.')
			continue;
		folder = file_in(config->state_dir, entry->d_name);
		if (!folder)
			break;
		examine_container(findings, folder);
	}
	if (folders)
		(void)closedir(folders);
}
