#include "protect.h"

#include "bundle.h"
#include "container.h"
#include "engine.h"
#include "features.h"
#include "file.h"
#include "runtime.h"
#include "seal.h"
#include "spec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { HANDOFF_MS = 5000 };

/* One protected command. */
struct run {
	const struct command_line *line;
	struct bundle bundle;
	struct spec *spec;
	struct container container;
	char *folder; /* the container's; NULL until made */
	char *socket;
	int supervisor; /* our end of its READY socket */
};

static void run_clear(struct run *run)
{
	(void)!bundle_restore(&run->bundle, NULL);
	close_owned(&run->supervisor);
	bundle_clear(&run->bundle);
	spec_free(run->spec);
	container_clear(&run->container);
	free(run->folder);
	free(run->socket);
}

static int read_spec(struct run *run, struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc = bundle_read(&run->bundle, &bytes, e);

	if (rc == 0) {
		rc = spec_parse(bytes.data, bytes.len, &run->spec, e);
		if (rc < 0)
			(void)err_wrap(e, "%s", run->bundle.config);
	}
	buffer_clear(&bytes);
	if (rc < 0)
		return -1;
	if (config_annotate(&run->container.config, spec_annotations(run->spec),
			    e) < 0)
		return err_wrap(e, "%s", run->bundle.config);
	return 0;
}

/* As files get their times: a clock of ticks. */
static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* What hooks add is to be newer than the create. */
static void pass_tick(const struct container *container)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	while (container->hooks_added && now_ns() == container->created_ns)
		(void)nanosleep(&pause, NULL);
}

static int describe(struct run *run, struct err *e)
{
	const char *root = spec_root_path(run->spec);
	const struct json *annotations = spec_annotations(run->spec);
	struct container *c = &run->container;
	OWNED(free_owned) char *joined = NULL;

	if (!root)
		return err_set(e, 0, "%s: root.path is missing",
			       run->bundle.config);
	if (asprintf(&joined, "%s%s%s", root[0] == '/' ? "" : run->bundle.path,
		     root[0] == '/' ? "" : "/", root) < 0) {
		joined = NULL;
		return err_set(e, ENOMEM, "describe the container");
	}
	c->rootfs = realpath(joined, NULL);
	if (!c->rootfs)
		return err_set(e, errno,
			       "%s: root.path: no root file system at %s",
			       run->bundle.config, joined);
	c->id = strdup(run->line->cli->id);
	c->root = strdup(run->line->cli->root ? run->line->cli->root : "");
	c->bundle = strdup(run->bundle.path);
	c->runtime = strdup(run->line->runtime);
	c->annotations = annotations ? json_clone(annotations) : NULL;
	if (!c->id || !c->root || !c->bundle || !c->runtime ||
	    (annotations && !c->annotations))
		return err_set(e, ENOMEM, "describe the container");
	engine_names(run->spec, c);
	c->created_ns = now_ns();
	return 0;
}

static int make_folder(struct run *run, struct err *e)
{
	const struct container *c = &run->container;
	char *folder = container_folder(c->config.state_dir, c->root, c->id);

	if (!folder)
		return err_set(e, ENOMEM, "name the container's folder");
	if (file_make_dirs(c->config.state_dir, 0700, e) < 0) {
		free(folder);
		return -1;
	}
	if (container_claim(folder, e) < 0) {
		free(folder);
		if (e->code != EBUSY)
			return -1;
		return err_set(e, EEXIST,
			       "container %s is there already, or is being "
			       "created: delete it first",
			       c->id);
	}
	run->folder = folder;
	if (asprintf(&run->socket, "%s/listener.sock", folder) < 0) {
		run->socket = NULL;
		return err_set(e, ENOMEM, "name the socket");
	}
	return 0;
}

static void become_supervisor(const struct run *run, int ready)
{
	char number[16];
	char program[4096];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Nothing of the engine's may stay open in a process that outlives
	 * the command: conmon waits for the end of such pipes. */
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)dup2(ready, 3);
	(void)fcntl(3, F_SETFD, 0); /* were it 3 already, dup2 did nothing */
	(void)syscall(SYS_close_range, 4, ~0U, 0);
	(void)setsid();
	(void)!chdir("/");
	(void)snprintf(number, sizeof(number), "%d", 3);
	(void)snprintf(program, sizeof(program), "%s/runmoor-supervisor",
		       run->line->self);
	(void)execl(program, "runmoor-supervisor", run->folder, number,
		    (char *)NULL);
	(void)dprintf(3, "run %s: %s", program, strerror(errno));
	_exit(1);
}

/* Fork twice, so that the supervisor isn't our child: the runtime would
 * inherit it as a zombie of ours, and we may wait for any child. */
static int spawn_supervisor(const struct run *run, int ready, struct err *e)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return err_set(e, errno, "start the supervisor");
	if (pid == 0) {
		pid_t child = fork();

		if (child == 0)
			become_supervisor(run, ready);
		_exit(child < 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		return err_set(e, EAGAIN, "start the supervisor");
	return 0;
}

static int start_supervisor(struct run *run, struct err *e)
{
	int pair[2];
	char answer[sizeof(e->text)];
	ssize_t n;
	int rc;

	if (container_write(&run->container, run->folder, e) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "start the supervisor");
	run->supervisor = pair[0];
	rc = spawn_supervisor(run, pair[1], e);
	(void)close(pair[1]);
	if (rc < 0)
		return -1;
	do
		n = recv(run->supervisor, answer, sizeof(answer) - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 1 && answer[0] == 'R')
		return 0;
	answer[n > 0 ? n : 0] = '\0';
	return err_set(e, 0, "the supervisor did not start: %s",
		       n > 0 ? answer : "it ended");
}

/* The spec as the runtime is to get it; in memory only. */
static int rewrite(struct run *run, struct err *e)
{
	OWNED(free_owned) char *program = NULL;
	const char *args[] = {"runmoor-poststop", run->folder, NULL};
	struct spec_protection protection = {
		.listener_path = run->socket,
		.libraries = run->container.config.libraries,
		.poststop_args = args,
	};

	if (asprintf(&program, "%s/runmoor", run->line->self) < 0) {
		program = NULL;
		return err_set(e, ENOMEM, "rewrite the spec");
	}
	protection.poststop_path = program;
	if (spec_protect(run->spec, &protection, e) < 0)
		return err_wrap(e, "%s", run->bundle.config);
	return 0;
}

static int swap(struct run *run, struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc;

	spec_write(run->spec, &bytes);
	rc = buffer_failed(&bytes) ? err_set(e, ENOMEM, "rewrite the spec")
				   : bundle_swap(&run->bundle, &bytes, e);
	buffer_clear(&bytes);
	return rc;
}

/* PR_SET_MDWE of prctl(2), Linux 6.3: it passes to the container. */
static int deny_memory(const struct config *config, struct err *e)
{
	enum { MDWE = 65, MDWE_REFUSE_EXEC_GAIN = 1 };

	if (config->memory == PERMISSION_ALLOW)
		return 0;
	if (syscall(SYS_prctl, MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0)
		return 0;
	return err_set(e, errno, "memory: deny needs PR_SET_MDWE (Linux 6.3)");
}

/* The container exists after a create, and after a run that was detached. */
static bool container_stays(const struct cli *cli, int status)
{
	if (status != 0)
		return false;
	return cli->command == COMMAND_CREATE || cli->detach;
}

/*
 * The runtime has read config.json once a listener came, so a run in the
 * foreground gives it back then, not when the container ends.
 */
static int run_runtime(struct run *run, int *ret_status, struct err *e)
{
	struct runtime runtime;
	bool ended = false;

	pass_tick(&run->container);
	if (deny_memory(&run->container.config, e) < 0 ||
	    runtime_start(run->line->runtime, run->line->argv, &runtime, e) < 0)
		return -1;
	if (run->line->cli->command == COMMAND_RUN) {
		if (runtime_wait(&runtime, run->supervisor, &ended, ret_status,
				 e) < 0)
			return -1;
		if (bundle_restore(&run->bundle, e) < 0)
			return -1;
		bundle_unlock(&run->bundle);
	}
	if (!ended && runtime_wait(&runtime, -1, &ended, ret_status, e) < 0)
		return -1;
	return bundle_restore(&run->bundle, e);
}

/* on_unprotectable: run. The operator chose to hear of it, and to go on. */
static int run_unprotected(struct run *run, struct err *e)
{
	log_write(run->line->log, LOG_LEVEL_WARNING,
		  "container %s runs unprotected (on_unprotectable is run): %s",
		  run->container.id, e->text);
	container_remove(run->folder);
	return runtime_become(run->line->runtime, run->line->argv, e);
}

/*
 * The listener has come, or will: crun loads the filter of a container with
 * noNewPrivileges at start. A runtime that says it created the container and
 * never hands one over would run it unprotected.
 */
static bool handed_over(const struct run *run)
{
	struct pollfd ready = {.fd = run->supervisor, .events = POLLIN};
	char byte = 0;

	if (spec_no_new_privileges(run->spec) &&
	    cli_dialect_of(run->line->runtime) != CLI_RUNC)
		return true;
	return poll(&ready, 1, HANDOFF_MS) == 1 &&
	       recv(run->supervisor, &byte, 1, MSG_DONTWAIT) == 1 &&
	       byte == 'H';
}

static int undo(const struct run *run, struct err *e)
{
	char *argv[] = {(char *)"runtime",
			(char *)"--root",
			NULL,
			NULL,
			NULL,
			NULL,
			NULL};
	struct runtime runtime;
	int status;
	bool ended;
	size_t n = 1;

	if (run->container.root[0]) {
		n = 2;
		argv[n++] = run->container.root;
	}
	argv[n++] = (char *)"delete";
	argv[n++] = (char *)"--force";
	argv[n++] = run->container.id;
	argv[n] = NULL;
	if (runtime_start(run->line->runtime, argv, &runtime, e) < 0 ||
	    runtime_wait(&runtime, -1, &ended, &status, e) < 0)
		return -1;
	return err_set(e, ENOTSUP,
		       "%s created the container without handing over its "
		       "listener: protected containers need runc 1.1 or crun",
		       run->line->runtime);
}

static int protect(struct run *run, int *ret_status, struct err *e)
{
	if (describe(run, e) < 0 || make_folder(run, e) < 0)
		return -1;
	if (features_check(e) < 0 || rewrite(run, e) < 0)
		return run->container.config.on_unprotectable ==
				       UNPROTECTABLE_RUN
			       ? run_unprotected(run, e)
			       : -1;
	if (seal_container(run->spec, run->folder, run->line->log,
			   &run->container, e) < 0 ||
	    start_supervisor(run, e) < 0 || swap(run, e) < 0)
		return -1;
	if (run_runtime(run, ret_status, e) < 0)
		return -1;
	if (container_stays(run->line->cli, *ret_status)) {
		if (!handed_over(run))
			return undo(run, e);
		(void)send(run->supervisor, "C", 1, MSG_NOSIGNAL);
		return 0;
	}
	return container_release(run->folder, e);
}

int protect_run(const struct command_line *line, struct config *take_config,
		int *ret_status, struct err *e)
{
	struct run run = {
		.line = line, .supervisor = -1, .bundle = {.lock = -1}};
	int rc;

	run.container.config = *take_config;
	*take_config = (struct config){0};
	rc = bundle_open(line->cli->bundle, line->cli->config, &run.bundle, e);
	if (rc == 0)
		rc = read_spec(&run, e);
	if (rc == 0 && run.container.config.mode == MODE_OFF)
		rc = runtime_become(line->runtime, line->argv, e);
	else if (rc == 0)
		rc = protect(&run, ret_status, e);
	if (rc < 0 && run.folder)
		(void)!container_release(run.folder, NULL);
	run_clear(&run);
	return rc;
}
