#include "cli_internal.h"

#include <stddef.h>
#include <string.h>

#define FIELD(member) offsetof(struct reading, member)

/* The options of runc (1.0, and later ones: LATER, --config) and of crun. Every
 * option with a value must be listed: its value would be taken for a command or
 * an id. */
static const struct option options[] = {
	{"debug", NULL, NOTHING, GLOBAL, CRUN | LATER, 0},
	{"log", NULL, VALUE, GLOBAL, CRUN | LATER, FIELD(cli.log)},
	{"log-format", NULL, VALUE, GLOBAL, CRUN | LATER, FIELD(log_format)},
	{"log-level", NULL, VALUE, GLOBAL, CRUN, 0},
	{"root", NULL, VALUE, GLOBAL, CRUN | LATER, FIELD(cli.root)},
	{"rootless", NULL, VALUE, GLOBAL, CRUN | LATER, 0},
	{"criu", NULL, VALUE, GLOBAL, LATER, 0},
	{"systemd-cgroup", NULL, NOTHING, GLOBAL, CRUN | LATER, 0},
	{"cgroup-manager", NULL, VALUE, GLOBAL, CRUN, 0},
	{"version", "vV", NOTHING, GLOBAL, CRUN, FIELD(version)},

	{"help", "?", NOTHING, GLOBAL | COMMANDS, CRUN, FIELD(help)},
	{"h", NULL, NOTHING, GLOBAL | COMMANDS, 0, FIELD(help)},
	{"usage", NULL, NOTHING, GLOBAL | COMMANDS, CRUN, FIELD(help)},
	/* argp_parse(3) adds these hidden options. */
	{"program-name", NULL, VALUE, GLOBAL | COMMANDS, CRUN, 0},
	{"HANG", NULL, OPTIONAL, GLOBAL | COMMANDS, CRUN, 0},

	{"bundle", "b", VALUE, CREATE | RUN | RESTORE, CRUN, FIELD(cli.bundle)},
	{"config", "f", VALUE, CREATE | RUN, CRUN, FIELD(cli.config)},
	{"console-socket", NULL, VALUE, CREATE | RUN | RESTORE | EXEC, CRUN, 0},
	{"pid-file", NULL, VALUE, CREATE | RUN | RESTORE | EXEC, CRUN, 0},
	{"pidfd-socket", NULL, VALUE, CREATE | RUN | EXEC, 0, 0},
	{"preserve-fds", NULL, VALUE, CREATE | RUN | EXEC, CRUN, 0},
	{"no-pivot", NULL, NOTHING, CREATE | RUN, CRUN, 0},
	{"no-pivot", NULL, NOTHING, RESTORE, 0, 0},
	{"no-new-keyring", NULL, NOTHING, CREATE | RUN, CRUN, 0},
	{"no-subreaper", NULL, NOTHING, CREATE | RUN, CRUN, 0},
	{"no-subreaper", NULL, NOTHING, RESTORE | EXEC, 0, 0},
	{"detach", "d", NOTHING, RUN | RESTORE | EXEC, CRUN, FIELD(cli.detach)},
	{"keep", NULL, NOTHING, RUN, CRUN, 0},

	{"process", "p", VALUE, EXEC, CRUN, FIELD(cli.process)},
	{"tty", "t", OPTIONAL, EXEC, CRUN, 0},
	{"cwd", NULL, VALUE, EXEC, CRUN, 0},
	{"env", "e", VALUE, EXEC, CRUN, 0},
	{"user", "u", VALUE, EXEC, CRUN, 0},
	{"additional-gids", "g", VALUE, EXEC, 0, 0},
	{"process-label", NULL, VALUE, EXEC, CRUN, 0},
	{"apparmor", NULL, VALUE, EXEC, CRUN, 0},
	{"no-new-privs", NULL, NOTHING, EXEC, CRUN, 0},
	{"cap", "c", VALUE, EXEC, CRUN, 0},
	{"cgroup", NULL, VALUE, EXEC, CRUN, 0},
	{"ignore-paused", NULL, NOTHING, EXEC, 0, 0},

	{"image-path", NULL, VALUE, RESTORE, CRUN, 0},
	{"work-path", NULL, VALUE, RESTORE, CRUN, 0},
	{"manage-cgroups-mode", NULL, VALUE, RESTORE, CRUN, 0},
	{"lsm-profile", NULL, VALUE, RESTORE, CRUN, 0},
	{"lsm-mount-context", NULL, VALUE, RESTORE, CRUN, 0},
	{"network-lock", NULL, VALUE, RESTORE, CRUN, 0},
	{"empty-ns", NULL, VALUE, RESTORE, 0, 0},
	{"tcp-established", NULL, NOTHING, RESTORE, CRUN, 0},
	{"tcp-close", NULL, NOTHING, RESTORE, CRUN, 0},
	{"ext-unix-sk", NULL, NOTHING, RESTORE, CRUN, 0},
	{"shell-job", NULL, NOTHING, RESTORE, CRUN, 0},
	{"file-locks", NULL, NOTHING, RESTORE, CRUN, 0},
	{"auto-dedup", NULL, NOTHING, RESTORE, 0, 0},
	{"lazy-pages", NULL, NOTHING, RESTORE, 0, 0},
	{"link-remap", NULL, NOTHING, RESTORE, 0, 0},

	{"force", "f", NOTHING, DELETE, CRUN, 0},
	{"regex", "r", NOTHING, DELETE, CRUN, FIELD(regex)},
};

static bool has_letter(const struct option *option, char letter)
{
	return option->letters && strchr(option->letters, letter);
}

const struct option *cli_option_by_name(const struct reading *r,
					const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *option = &options[i];

		if (!(option->scopes & r->scope) && !(option->traits & LATER))
			continue;
		if (len == 1 && has_letter(option, *name))
			return option;
		if (strlen(option->name) == len &&
		    memcmp(option->name, name, len) == 0)
			return option;
	}
	return NULL;
}

const struct option *cli_option_by_start(const struct reading *r,
					 const char *name, size_t len)
{
	const struct option *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *option = &options[i];

		if (!(option->scopes & r->scope) || !(option->traits & CRUN) ||
		    strncmp(option->name, name, len) != 0)
			continue;
		if (found)
			return NULL;
		found = option;
	}
	return found;
}

const struct option *cli_option_by_letter(const struct reading *r, char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct option *option = &options[i];

		if ((option->scopes & r->scope) && (option->traits & CRUN) &&
		    has_letter(option, letter))
			return option;
	}
	return NULL;
}
