/*
 * runmoor - the OCI runtime in front of runc or crun: commands that create or
 * enter a container protect it, all others are passed through.
 */
#include "cli.h"
#include "config.h"
#include "container.h"
#include "died.h"
#include "hook_internal.h"
#include "log.h"
#include "protect.h"
#include "release.h"
#include "report.h"
#include "rlimits.h"
#include "runtime.h"
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* runmoor-runc and runmoor-crun name the runtime by their own name. */
static const char *linked_runtime(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;

	if (strcmp(name, "runmoor-runc") == 0)
		return "runc";
	if (strcmp(name, "runmoor-crun") == 0)
		return "crun";
	return NULL;
}

/* The commands that depend on the configuration. A container keeps its own; a
 * configuration that became malformed since must not prevent its sessions, its
 * health checks and its end. */
static bool creates(const struct cli *cli)
{
	return cli->command == COMMAND_CREATE || cli->command == COMMAND_RUN ||
	       cli->command == COMMAND_RESTORE;
}

/* The folder of the container that is named among the words. Most commands
 * aren't parsed, so the id is the first word that has a folder. */
static char *folder_named(const struct config *config, const struct cli *cli,
			  char *const words[])
{
	char *folder = NULL;

	for (; *words && !folder; words++)
		if (**words != '-')
			folder = settings_find_container(
				config, cli->root ? cli->root : "", *words);
	return folder;
}

/* The runtime of the container that the command line names, as its record
 * says. */
static char *former_runtime(const struct config *config, const struct cli *cli,
			    char *const argv[])
{
	OWNED(free_owned)
	char *folder =
		creates(cli) ? NULL : folder_named(config, cli, argv + 1);
	struct container container = {0};
	char *runtime = NULL;

	if (folder && container_read(folder, &container, NULL) == 0 &&
	    container.runtime[0] == '/')
		runtime = PTR_MOVE(container.runtime);
	container_clear(&container);
	return runtime;
}

static int find_runtime(char *const argv[], const struct config *config,
			const struct cli *cli, char **ret, struct err *e)
{
	OWNED(free_owned) char *former = NULL;
	const char *link = linked_runtime(argv[0]);
	const char *name = link ? link : getenv("RUNMOOR_RUNTIME");

	if (!name || !*name) {
		former = former_runtime(config, cli, argv);
		name = former ? former : config->runtime;
	}
	if (runtime_find(name, ret, e) == 0)
		return 0;
	if (link && e->code == ENOENT)
		(void)err_set(e, 0,
			      "runmoor-%s stands in for %s, which isn't on "
			      "PATH: install %s",
			      link, link, link);
	return -1;
}

static int delete_container(const struct command_line *line,
			    const struct config *config, int *ret_status,
			    struct err *e)
{
	const struct cli *cli = line->cli;
	OWNED(free_owned) char *folder = NULL;
	struct runtime runtime;
	bool ended;

	if (runtime_start(line->runtime, line->argv, &runtime, e) < 0 ||
	    runtime_wait(&runtime, -1, &ended, ret_status, e) < 0)
		return -1;
	if (*ret_status != 0 || !cli->id)
		return 0;
	folder = settings_find_container(config, cli->root ? cli->root : "",
					 cli->id);
	return folder ? release_container(folder, line->log, e) : 0;
}

static int refuse_session(const struct container *container, struct err *e)
{
	struct journal *journal;

	if (journal_open(container->config.events_file, &journal, e) < 0)
		return -1;
	report_session(container, journal, ACTION_SESSION_REFUSED,
		       report_asker(getpid()), 0);
	journal_close(journal);
	return err_set(e, EPERM,
		       "container %s takes no exec sessions: policy "
		       "exec_sessions is deny",
		       container->id);
}

/* A session is protected by the container's own supervisor, to which the
 * runtime hands its listener; without a supervisor the runtime fails. So only
 * the policy for sessions is checked here. */
static int enter_container(const struct command_line *line,
			   const struct config *config, struct err *e)
{
	const struct cli *cli = line->cli;
	OWNED(free_owned) char *folder = NULL;
	struct container container;
	int rc = 0;

	if (cli->id)
		folder = settings_find_container(
			config, cli->root ? cli->root : "", cli->id);
	/* The runtime, if its container has no supervisor, would fail with a
	 * message of its own. */
	if (folder && died_check(folder))
		return died_tell(folder, e);
	if (folder && container_supervisor(folder)) {
		if (container_read(folder, &container, e) < 0)
			return -1;
		if (container.config.exec_sessions == SESSIONS_DENY)
			rc = refuse_session(&container, e);
		else
			rc = hand_down(&container.config, e);
		container_clear(&container);
	}
	return rc < 0 ? -1 : runtime_become(line->runtime, line->argv, e);
}

/* If both outputs are one file, its reader may parse it. */
static bool may_warn(const struct log *log)
{
	struct stat out;
	struct stat error;

	return (log->file && log->file[0] == '/') || isatty(STDERR_FILENO) ||
	       fstat(STDOUT_FILENO, &out) < 0 ||
	       fstat(STDERR_FILENO, &error) < 0 || out.st_dev != error.st_dev ||
	       out.st_ino != error.st_ino;
}

/* The runtime's state, which is passed through, says that a container runs
 * whose supervisor may be dead. */
static void look_after(const struct command_line *line,
		       const struct config *config)
{
	const struct cli *cli = line->cli;
	OWNED(free_owned) char *folder = NULL;
	struct err e = {0};

	if (!cli->command_index ||
	    strcmp(line->argv[cli->command_index], "state") != 0)
		return;
	folder = folder_named(config, cli, line->argv + cli->command_index + 1);
	if (!folder || !died_check(folder))
		return;
	(void)died_tell(folder, &e);
	if (may_warn(line->log))
		log_write(line->log, LOG_LEVEL_WARNING, "%s", e.text);
}

static int refuse_guess(const struct cli *cli, struct err *e)
{
	return err_set(e, 0,
		       "can't tell what %s means, hence not which container "
		       "is started: use another form of the option, or the "
		       "plain runtime",
		       cli->unknown_option);
}

/* Programs that parse the output take its first line for the runtime's. */
static int show_version(const struct command_line *line, int *ret_status,
			struct err *e)
{
	struct runtime runtime;
	bool ended;

	if (runtime_start(line->runtime, line->argv, &runtime, e) < 0 ||
	    runtime_wait(&runtime, -1, &ended, ret_status, e) < 0)
		return -1;
	/* The word "version" must not be in it: docker takes the last line that
	 * has it. */
	if (*ret_status == 0)
		(void)printf("runmoor: %s\n", RUNMOOR_VERSION);
	return 0;
}

/* Print our lines before the runtime's help, if there is no command. */
static void show_help(void)
{
	(void)fputs("runmoor keeps containers to the programs of their image. "
		    "It stands in for an\n"
		    "OCI runtime, whose command line and help follow: see "
		    "runmoor(8),\n"
		    "runmoor-policy(5), runmoor-events(5), moorctl(8).\n\n",
		    stdout);
	(void)fflush(stdout);
}

static int run_command(struct command_line *line, struct config *config,
		       int *ret_status, struct err *e)
{
	const struct cli *cli = line->cli;

	switch (cli->command) {
	case COMMAND_CREATE:
	case COMMAND_RUN:
		if (cli->unknown_option)
			return refuse_guess(cli, e);
		/* The runtime prints its usage if there is no id. */
		if (!cli->id)
			break;
		return protect_run(line, config, ret_status, e);
	case COMMAND_RESTORE:
		if (config->mode == MODE_OFF)
			break;
		return err_set(e, ENOTSUP,
			       "restore can't be protected: a restored "
			       "container has no listener. Create it anew, or "
			       "use the plain runtime");
	case COMMAND_EXEC:
		if (cli->unknown_option)
			return refuse_guess(cli, e);
		return enter_container(line, config, e);
	case COMMAND_DELETE:
		return delete_container(line, config, ret_status, e);
	case COMMAND_VERSION:
		return show_version(line, ret_status, e);
	case COMMAND_OTHER:
		look_after(line, config);
		break;
	case COMMAND_HELP:
		break;
	}
	return runtime_become(line->runtime, line->argv, e);
}

int main(int argc, char *argv[])
{
	struct cli cli;
	char self[PATH_MAX];
	struct config config = {0};
	OWNED(free_owned) char *runtime = NULL;
	struct err e = {0};
	int status = EXIT_SUCCESS;
	int rc = 0;

	rlimits_raise();
	if (hook_run(argc, argv, &status))
		return status;
	cli_parse(argc, argv, CLI_EITHER, &cli);
	const struct log log = {
		.file = cli.log,
		.format = cli.log_json ? LOG_JSON : LOG_TEXT,
	};
	struct command_line line = {
		.cli = &cli, .argv = argv, .log = &log, .self = self};

	if (creates(&cli))
		rc = settings_load(&config, &e);
	else
		settings_load_leniently(&config);
	if (rc == 0)
		rc = find_runtime(argv, &config, &cli, &runtime, &e);
	if (rc == 0)
		rc = runtime_own_folder(self, &e);
	if (rc == 0) {
		cli_parse(argc, argv, cli_dialect_of(runtime), &cli);
		line.runtime = runtime;
		argv[0] = basename(runtime); /* its messages begin with this */
		if (cli.command == COMMAND_HELP && argc == 2)
			show_help();
		rc = run_command(&line, &config, &status, &e);
	}
	config_clear(&config);
	if (rc == 0)
		return status;
	log_write(&log, LOG_LEVEL_ERROR, "%s", e.text);
	return EXIT_FAILURE;
}
