#include "settings.h"

#include "file.h"
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_SIZE_MAX = 1024 * 1024 };

char *settings_path(bool *ret_required)
{
	const char *named = getenv("RUNMOOR_CONFIG");
	const char *home = getenv("HOME");
	char *path = NULL;

	*ret_required = named && *named;
	if (*ret_required)
		return strdup(named);
	if (!privilege_rootless() || !home)
		return strdup("/etc/runmoor/config.json");
	return asprintf(&path, "%s/.config/runmoor/config.json", home) < 0
		       ? NULL
		       : path;
}

int settings_load(struct config *config, struct err *e)
{
	const struct config_home home = {
		.rootless = privilege_rootless(),
		.home = getenv("HOME"),
		.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.xdg_state_home = getenv("XDG_STATE_HOME"),
	};
	OWNED(json_owned) struct json *document = NULL;
	struct buffer text = BUFFER_INIT;
	bool required;
	OWNED(free_owned) char *path = settings_path(&required);
	int rc;

	if (!path)
		return err_set(e, ENOMEM, "read the configuration");
	if (config_init(config, &home, e) < 0)
		return -1;
	rc = file_read(AT_FDCWD, path, CONFIG_SIZE_MAX, &text, e);
	if (rc < 0 && e->code == ENOENT && !required)
		rc = 0;
	else if (rc == 0) {
		rc = json_parse(text.data ? text.data : "", text.len, &document,
				e);
		if (rc == 0)
			rc = config_merge(config, document, e);
		if (rc < 0)
			(void)err_wrap(e, "configuration %s", path);
	}
	buffer_clear(&text);
	return rc;
}
