#include "protect.h"

#include "bundle_internal.h"
#include "inherit.h"
#include "letter.h"
#include "prepare_internal.h"
#include "release.h"
#include "runtime.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { HANDOFF_MS = 5000 };

/* One protected command. */
struct run {
	const struct command_line *line;
	struct bundle bundle;
	struct prepared prepared;
};

static void run_clear(struct run *run)
{
	(void)!bundle_restore(&run->bundle, NULL);
	bundle_clear(&run->bundle);
	prepared_clear(&run->prepared);
}

static int read_spec(struct run *run, struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc = bundle_read(&run->bundle, &bytes, e);

	if (rc == 0 &&
	    spec_parse(bytes.data, bytes.len, &run->prepared.spec, e) < 0)
		rc = err_wrap(e, "%s", run->bundle.config);
	buffer_clear(&bytes);
	return rc;
}

static int swap(struct run *run, struct err *e)
{
	struct buffer bytes = BUFFER_INIT;
	int rc;

	spec_write(run->prepared.spec, &bytes);
	rc = buffer_failed(&bytes) ? err_set(e, ENOMEM, "rewrite the spec")
				   : bundle_swap(&run->bundle, &bytes,
						 run->prepared.folder, e);
	buffer_clear(&bytes);
	return rc;
}

/* The container exists after a create, and after a run that was detached. */
static bool container_stays(const struct cli *cli, int status)
{
	if (status != 0)
		return false;
	return cli->command == COMMAND_CREATE || cli->detach;
}

int hand_down(const struct config *config, struct err *e)
{
	if (config->memory == PERMISSION_DENY && inherit_memory_deny(e) < 0)
		return -1;
	if (config->scripts == SCRIPTS_ENFORCE)
		inherit_restrict_files();
	return 0;
}

/* True if the rewritten config.json lacks the gate, or has another one: its
 * container would run unprotected. */
static bool lost_gate(const struct run *run)
{
	const struct buffer *bytes = &run->bundle.rewritten;
	struct spec *rewritten = NULL;
	bool lost = bytes->len == 0 ||
		    spec_parse(bytes->data, bytes->len, &rewritten, NULL) < 0 ||
		    !spec_keeps_gate(run->prepared.spec, rewritten);

	spec_free(rewritten);
	return lost;
}

/* Warn that a wrapper between runmoor and the runtime changed the specification
 * after it was read and the image was sealed. */
static void warn_of_wrapper(const struct run *run)
{
	log_write(
		run->line->log, LOG_LEVEL_WARNING,
		"container %s: %s was rewritten behind runmoor, by %s or what "
		"that runs: the mounts and hooks that were added are drift. "
		"Let the engine run that, and that run runmoor",
		run->prepared.container.id, run->bundle.config,
		run->line->runtime);
	letter_send(run->prepared.supervisor, LETTER_REWRITTEN);
}

static int delete_container(const struct run *run, struct err *e)
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

	if (run->prepared.container.root[0]) {
		n = 2;
		argv[n++] = run->prepared.container.root;
	}
	argv[n++] = (char *)"delete";
	argv[n++] = (char *)"--force";
	argv[n++] = run->prepared.container.id;
	argv[n] = NULL;
	if (runtime_start(run->line->runtime, argv, &runtime, e) < 0)
		return -1;
	return runtime_wait(&runtime, -1, &ended, &status, e);
}

static int restore(struct run *run, struct err *e)
{
	if (bundle_restore(&run->bundle, e) < 0)
		return -1;
	if (!run->bundle.altered)
		return 0;
	if (!lost_gate(run)) {
		warn_of_wrapper(run);
		return 0;
	}
	(void)!delete_container(run, NULL);
	return err_set(e, EPERM,
		       "%s was rewritten behind runmoor, by %s or what that "
		       "runs, and linux.seccomp isn't what runmoor wrote: the "
		       "container would be unprotected. Let the engine run "
		       "that, and that run runmoor",
		       run->bundle.config, run->line->runtime);
}

/*
 * The runtime has read config.json once a listener came, so a run in the
 * foreground gives it back then, not when the container ends.
 */
static int run_runtime(struct run *run, int *ret_status, struct err *e)
{
	struct runtime runtime;
	bool ended = false;

	if (hand_down(&run->prepared.container.config, e) < 0 ||
	    runtime_start(run->line->runtime, run->line->argv, &runtime, e) < 0)
		return -1;
	if (run->line->cli->command == COMMAND_RUN) {
		if (runtime_wait(&runtime, run->prepared.supervisor, &ended,
				 ret_status, e) < 0)
			return -1;
		if (restore(run, e) < 0)
			return -1;
		bundle_unlock(&run->bundle);
	}
	if (!ended && runtime_wait(&runtime, -1, &ended, ret_status, e) < 0)
		return -1;
	return run->bundle.saved ? restore(run, e) : 0;
}

/* With on_unprotectable: run the operator chose a warning, and that the
 * container runs. */
static int run_unprotected(struct run *run, struct err *e)
{
	log_write(run->line->log, LOG_LEVEL_WARNING,
		  "container %s runs unprotected (on_unprotectable is run): %s",
		  run->prepared.container.id, e->text);
	container_remove(run->prepared.folder);
	return runtime_become(run->line->runtime, run->line->argv, e);
}

/* True if the listener has come, or will come: crun loads the filter of a
 * container with noNewPrivileges at start. A runtime that reports success and
 * never hands one over would run the container unprotected. */
static bool handed_over(const struct run *run)
{
	struct pollfd ready = {.fd = run->prepared.supervisor,
			       .events = POLLIN};
	char byte = 0;

	if (spec_no_new_privileges(run->prepared.spec) &&
	    cli_dialect_of(run->line->runtime) != CLI_RUNC)
		return true;
	return poll(&ready, 1, HANDOFF_MS) == 1 &&
	       recv(run->prepared.supervisor, &byte, 1, MSG_DONTWAIT) == 1 &&
	       byte == LETTER_HANDED_OVER;
}

static int undo(const struct run *run, struct err *e)
{
	if (delete_container(run, e) < 0)
		return -1;
	return err_set(e, ENOTSUP,
		       "%s created the container without handing over its "
		       "listener: protected containers need runc 1.1 or crun",
		       run->line->runtime);
}

static int protect(struct run *run, const struct owner *owner, int *ret_status,
		   struct err *e)
{
	struct prepared *prepared = &run->prepared;

	if (prepare_folder(prepared, owner, e) < 0)
		return -1;
	if (prepare_protection(prepared, owner, e) < 0)
		return prepared->container.config.on_unprotectable ==
				       UNPROTECTABLE_RUN
			       ? run_unprotected(run, e)
			       : -1;
	if (prepare_supervisor(prepared, owner, e) < 0 || swap(run, e) < 0 ||
	    run_runtime(run, ret_status, e) < 0)
		return -1;
	if (container_stays(run->line->cli, *ret_status)) {
		if (!handed_over(run))
			return undo(run, e);
		letter_send(prepared->supervisor, LETTER_CREATED);
		return 0;
	}
	return release_container(prepared->folder, run->line->log, e);
}

/* The configuration is complete once the container's identity is known; with
 * mode off this process becomes the runtime. */
static int protect_bundle(struct run *run, int *ret_status, struct err *e)
{
	const struct command_line *line = run->line;
	const struct owner owner = {
		.id = line->cli->id,
		.root = line->cli->root,
		.bundle = run->bundle.path,
		.runtime = line->runtime,
		.config = run->bundle.config,
		.self = line->self,
		.log = line->log,
		.poststop = true,
	};

	if (read_spec(run, e) < 0 ||
	    prepare_policy(&run->prepared, &owner, e) < 0)
		return -1;
	if (run->prepared.container.config.mode == MODE_OFF)
		return runtime_become(line->runtime, line->argv, e);
	return protect(run, &owner, ret_status, e);
}

int protect_run(const struct command_line *line, struct config *take_config,
		int *ret_status, struct err *e)
{
	struct run run = {.line = line,
			  .prepared = {.supervisor = -1},
			  .bundle = {.lock = -1}};
	int rc;

	run.prepared.container.config = *take_config;
	*take_config = (struct config){0};
	rc = bundle_open(line->cli->bundle, line->cli->config, &run.bundle, e);
	if (rc == 0)
		rc = protect_bundle(&run, ret_status, e);
	if (rc < 0 && run.prepared.folder)
		(void)!release_container(run.prepared.folder, line->log, NULL);
	run_clear(&run);
	return rc;
}
