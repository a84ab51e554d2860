#include "settings.h"

#include "directory.h"
#include "file.h"
#include "privilege.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_SIZE_MAX = 1024 * 1024 };

char *settings_path(bool *ret_required)
{
	const char *named = getenv("RUNMOOR_CONFIG");
	const char *home = getenv("HOME");

	*ret_required = named && *named;
	if (*ret_required)
		return strdup(named);
	if (!privilege_rootless() || !home)
		return strdup("/etc/runmoor/config.json");
	return file_in(home, ".config/runmoor/config.json");
}

/* what: its name in errors. */
static int read_document(const char *path, const char *what, struct json **ret,
			 struct err *e)
{
	struct buffer text = BUFFER_INIT;
	int rc = file_read(AT_FDCWD, path, CONFIG_SIZE_MAX, &text, e);

	if (rc == 0 &&
	    json_parse(text.data ? text.data : "", text.len, ret, e) < 0)
		rc = err_wrap(e, "%s %s", what, path);
	buffer_clear(&text);
	return rc;
}

int settings_read_policies(struct config *config, const char *path,
			   struct err *e)
{
	OWNED(json_owned) struct json *document = NULL;

	if (read_document(path, "policies", &document, e) < 0)
		return -1;
	if (config_add_policies(config, document, path, e) < 0)
		return err_wrap(e, "policies %s", path);
	return 0;
}

int settings_read_file(struct config *config, const char *path, struct err *e)
{
	OWNED(json_owned) struct json *document = NULL;

	if (read_document(path, "configuration", &document, e) < 0)
		return -1;
	if (config_merge(config, document, e) < 0 ||
	    config_name_policies(config, path, e) < 0)
		return err_wrap(e, "configuration %s", path);
	return 0;
}

static int is_policy_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > strlen(".json") &&
	       strcmp(entry->d_name + len - strlen(".json"), ".json") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

char *settings_policies(const char *path)
{
	const char *slash = strrchr(path, '/');

	return text_format("%.*spolicies.d",
			   slash ? (int)(slash - path + 1) : 0, path);
}

static int read_folder(struct config *config, const char *path, struct err *e)
{
	OWNED(free_owned) char *folder = settings_policies(path);
	struct dirent **entries = NULL;
	int status = 0;
	int count;

	if (!folder)
		return err_set(e, ENOMEM, "read the policies");
	count = scandir(folder, &entries, is_policy_file, by_bytes);
	if (count < 0)
		return errno == ENOENT
			       ? 0
			       : err_set(e, errno, "read the policies in %s",
					 folder);
	for (int i = 0; i < count; i++) {
		OWNED(free_owned)
		char *file = file_in(folder, entries[i]->d_name);

		if (!file)
			status = err_set(e, ENOMEM, "read %s", folder);
		if (status == 0)
			status = settings_read_policies(config, file, e);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int settings_default(struct config *config, struct err *e)
{
	const struct config_home home = {
		.rootless = privilege_rootless(),
		.home = getenv("HOME"),
		.xdg_runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.xdg_state_home = getenv("XDG_STATE_HOME"),
	};

	return config_init(config, &home, e);
}

char *settings_home(void)
{
	struct config config = {0};
	char *home = NULL;

	if (settings_default(&config, NULL) == 0)
		home = PTR_MOVE(config.state_dir);
	config_clear(&config);
	return home;
}

char *settings_find_container(const struct config *config, const char *root,
			      const char *id)
{
	OWNED(free_owned) char *home = settings_home();

	return directory_find(config->state_dir, home, root, id);
}

int settings_load(struct config *config, struct err *e)
{
	bool required;
	OWNED(free_owned) char *path = settings_path(&required);

	if (!path)
		return err_set(e, ENOMEM, "read the configuration");
	if (settings_default(config, e) < 0)
		return -1;
	if (settings_read_file(config, path, e) < 0) {
		if (e->code != ENOENT || required)
			return -1;
		*e = (struct err){0};
	}
	return read_folder(config, path, e);
}

void settings_load_leniently(struct config *config)
{
	struct err ignored = {0};

	if (settings_load(config, &ignored) < 0)
		config_clear(config);
}
