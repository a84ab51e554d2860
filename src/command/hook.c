#include "hook_internal.h"

#include "memfd.h"
#include "precreate.h"
#include "release.h"
#include "runtime.h"
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_MS = 1000 };

/* Read the container's state, which a hook gets; crun dies of SIGPIPE if it
 * isn't read. */
static void read_state(struct buffer *state)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char chunk[4096];
	ssize_t n;

	while (poll(&input, 1, INPUT_MS) == 1 &&
	       (n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0)
		buffer_append(state, chunk, (size_t)n);
}

/* The folder of a container that the precreate hook protected; a hook doesn't
 * know the runtime's --root. */
static char *folder_of(const struct buffer *state, struct err *e)
{
	OWNED(json_owned) struct json *document = NULL;
	struct config config = {0};
	char *folder = NULL;
	const char *id;

	settings_load_leniently(&config);
	if (state->len &&
	    json_parse(state->data, state->len, &document, e) == 0 &&
	    json_string(json_get(document, "id"), &id))
		folder = settings_find_container(&config, "", id);
	config_clear(&config);
	return folder;
}

/* runmoor-poststop [FOLDER]: the container is stopped, and about to be deleted.
 */
static int poststop(const char *argument, struct err *e)
{
	struct buffer state = BUFFER_INIT;
	OWNED(free_owned) char *folder = NULL;

	read_state(&state);
	folder = argument ? strdup(argument) : folder_of(&state, e);
	buffer_clear(&state);
	if (!folder)
		return e->code ? err_wrap(e, "find the container's folder") : 0;
	return release_container(folder, NULL, e);
}

/* runmoor-memfd: the container's pid namespace exists, and only the runtime's
 * own process runs in it yet. */
static int deny_memfd(struct err *e)
{
	OWNED(json_owned) struct json *document = NULL;
	struct buffer state = BUFFER_INIT;
	uint64_t pid = 0;
	int rc;

	read_state(&state);
	rc = json_parse(state.data ? state.data : "", state.len, &document, e);
	buffer_clear(&state);
	if (rc < 0)
		return err_wrap(e, "the container's state");
	if (!json_uint(json_get(document, "pid"), &pid) || pid < 1 ||
	    pid > INT_MAX)
		return err_set(e, 0, "the container's state has no pid");
	return memfd_deny((pid_t)pid, e);
}

/* runmoor-precreate */
static int rewrite_for_plain(struct err *e)
{
	struct config config = {0};
	char self[PATH_MAX];
	int rc = settings_load(&config, e);

	if (rc == 0)
		rc = runtime_own_folder(self, e);
	rc = rc == 0 ? precreate(self, &config, e) : precreate_refuse(e);
	config_clear(&config);
	return rc;
}

bool hook_run(int argc, char *const argv[], int *ret_status)
{
	struct err e = {0};
	int rc;

	if (strcmp(argv[0], "runmoor-poststop") == 0 && argc <= 2)
		rc = poststop(argv[1], &e);
	else if (strcmp(argv[0], "runmoor-memfd") == 0 && argc == 1)
		rc = deny_memfd(&e);
	else if (strcmp(argv[0], "runmoor-precreate") == 0 && argc == 1)
		rc = rewrite_for_plain(&e);
	else
		return false;
	if (rc < 0)
		(void)fprintf(stderr, "runmoor: %s\n", e.text);
	*ret_status = rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return true;
}
