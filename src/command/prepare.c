#include "clock.h"
#include "prepare_internal.h"

#include "directory.h"
#include "engine_internal.h"
#include "features.h"
#include "file.h"
#include "letter.h"
#include "rlimits.h"
#include "seal.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

void prepared_clear(struct prepared *prepared)
{
	close_owned(&prepared->supervisor);
	spec_free(prepared->spec);
	container_clear(&prepared->container);
	free(prepared->folder);
	free(prepared->socket);
}

static int name_container(struct prepared *prepared, const struct owner *owner,
			  struct err *e)
{
	const struct json *annotations = spec_annotations(prepared->spec);
	struct container *c = &prepared->container;

	c->id = strdup(owner->id);
	c->root = strdup(owner->root ? owner->root : "");
	c->bundle = strdup(owner->bundle);
	c->runtime = strdup(owner->runtime);
	c->annotations = annotations ? json_clone(annotations) : NULL;
	if (!c->id || !c->root || !c->bundle || !c->runtime ||
	    (annotations && !c->annotations))
		return err_set(e, ENOMEM, "describe the container");
	engine_names(prepared->spec, c);
	return 0;
}

int prepare_policy(struct prepared *prepared, const struct owner *owner,
		   struct err *e)
{
	struct container *c = &prepared->container;

	if (owner->id) {
		struct workload_source source;
		struct workload workload;

		if (name_container(prepared, owner, e) < 0)
			return -1;
		source = container_names(c);
		workload_find(&source, &workload);
		if (config_choose(&c->config, &workload, e) < 0)
			return -1;
		c->policy = PTR_MOVE(c->config.policy);
	}
	if (config_annotate(&c->config, spec_annotations(prepared->spec), e) <
	    0)
		return err_wrap(e, "%s", owner->config);
	return 0;
}

/* File times come from this clock, which advances in ticks. */
static uint64_t now_ns(void)
{
	return (uint64_t)clock_ns(CLOCK_REALTIME_COARSE);
}

/* Files that hooks add must be newer than the create. */
static void pass_tick(const struct container *container)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	while (container->hooks_added && now_ns() == container->created_ns)
		(void)nanosleep(&pause, NULL);
}

static int describe(struct prepared *prepared, const struct owner *owner,
		    struct err *e)
{
	const char *root = spec_root_path(prepared->spec);
	struct container *c = &prepared->container;
	OWNED(free_owned) char *joined = NULL;

	if (!root)
		return err_set(e, 0, "%s: root.path is missing", owner->config);
	joined = root[0] == '/' ? strdup(root) : file_in(owner->bundle, root);
	if (!joined)
		return err_set(e, ENOMEM, "describe the container");
	c->rootfs = realpath(joined, NULL);
	if (!c->rootfs)
		return err_set(e, errno,
			       "%s: root.path: no root file system at %s",
			       owner->config, joined);
	c->created_ns = now_ns();
	return 0;
}

static int make_folder(struct prepared *prepared, const struct log *log,
		       struct err *e)
{
	const struct container *c = &prepared->container;
	OWNED(free_owned) char *home = settings_home();
	struct err unlinked = {0};
	char *folder = container_folder(c->config.state_dir, c->root, c->id);

	if (!folder)
		return err_set(e, ENOMEM, "name the container's folder");
	if (file_make_dirs(c->config.state_dir, 0700, e) < 0) {
		free(folder);
		return -1;
	}
	directory_make_way(folder);
	if (container_claim(folder, e) < 0) {
		free(folder);
		if (e->code != EBUSY)
			return -1;
		return err_set(e, 0,
			       "container %s exists already, or is being "
			       "created: delete it first",
			       c->id);
	}
	prepared->folder = folder;
	if (directory_add(folder, home, &unlinked) < 0)
		log_write(log, LOG_LEVEL_WARNING,
			  "exec in container %s will need the configuration "
			  "as it is now: %s",
			  c->id, unlinked.text);
	prepared->socket = file_in(folder, "listener.sock");
	if (!prepared->socket)
		return err_set(e, ENOMEM, "name the socket");
	return 0;
}

int prepare_folder(struct prepared *prepared, const struct owner *owner,
		   struct err *e)
{
	if (describe(prepared, owner, e) < 0)
		return -1;
	return make_folder(prepared, owner->log, e);
}

static int rewrite(struct prepared *prepared, const struct owner *owner,
		   struct err *e)
{
	OWNED(free_owned) char *program = NULL;
	const struct config *config = &prepared->container.config;
	const char *poststop[] = {"runmoor-poststop", prepared->folder, NULL};
	const char *memfd[] = {"runmoor-memfd", NULL};
	struct spec_protection protection = {
		.listener_path = prepared->socket,
		.libraries = config->libraries,
		.memory_denied = config->memory == PERMISSION_DENY,
		.create_runtime_args =
			config->memfd == PERMISSION_DENY ? memfd : NULL,
		.poststop_args = owner->poststop ? poststop : NULL,
	};

	program = file_in(owner->self, "runmoor");
	if (!program)
		return err_set(e, ENOMEM, "rewrite the spec");
	protection.hook = program;
	if (spec_protect(prepared->spec, &protection, e) < 0)
		return err_wrap(e, "%s", owner->config);
	return 0;
}

int prepare_protection(struct prepared *prepared, const struct owner *owner,
		       struct err *e)
{
	if (features_check(e) < 0 || rlimits_check(e) < 0)
		return -1;
	return rewrite(prepared, owner, e);
}

static void become_supervisor(const struct prepared *prepared,
			      const struct owner *owner, int ready)
{
	char number[16];
	char program[4096];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* No descriptor of the engine's may stay open in a process that
	 * outlives the command: conmon waits for the end of such pipes. */
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)dup2(ready, 3);
	(void)fcntl(3, F_SETFD, 0); /* were it 3 already, dup2 did nothing */
	(void)syscall(SYS_close_range, 4, ~0U, 0);
	(void)setsid();
	(void)!chdir("/");
	rlimits_settle();
	(void)snprintf(number, sizeof(number), "%d", 3);
	(void)snprintf(program, sizeof(program), "%s/runmoor-supervisor",
		       owner->self);
	(void)execl(program, "runmoor-supervisor", prepared->folder, number,
		    (char *)NULL);
	(void)dprintf(3, "run %s: %s", program, strerror(errno));
	_exit(1);
}

/* Fork twice, so that the supervisor isn't our child: the runtime would
 * inherit it as a zombie of ours, and we may wait for any child. */
static int spawn_supervisor(const struct prepared *prepared,
			    const struct owner *owner, int ready, struct err *e)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return err_set(e, errno, "start the supervisor");
	if (pid == 0) {
		pid_t child = fork();

		if (child == 0)
			become_supervisor(prepared, owner, ready);
		_exit(child < 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status != 0)
		return err_set(e, EAGAIN, "start the supervisor");
	return 0;
}

static int start_supervisor(struct prepared *prepared,
			    const struct owner *owner, struct err *e)
{
	int pair[2];
	char answer[sizeof(e->text)];
	ssize_t n;
	int rc;

	if (container_write(&prepared->container, prepared->folder, e) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(e, errno, "start the supervisor");
	prepared->supervisor = pair[0];
	rc = spawn_supervisor(prepared, owner, pair[1], e);
	(void)close(pair[1]);
	if (rc < 0)
		return -1;
	do
		n = recv(prepared->supervisor, answer, sizeof(answer) - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 1 && answer[0] == LETTER_READY)
		return 0;
	answer[n > 0 ? n : 0] = '\0';
	return err_set(e, 0, "the supervisor did not start: %s",
		       n > 0 ? answer : "it ended");
}

int prepare_supervisor(struct prepared *prepared, const struct owner *owner,
		       struct err *e)
{
	if (seal_container(prepared->spec, prepared->folder, owner->log,
			   &prepared->container, e) < 0 ||
	    start_supervisor(prepared, owner, e) < 0)
		return -1;
	pass_tick(&prepared->container);
	return 0;
}
