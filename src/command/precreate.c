#include "precreate.h"

#include "file.h"
#include "letter.h"
#include "prepare_internal.h"
#include "release.h"
#include "settings.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { ID_LEN = 64 };

/* Hexadecimal digits, as podman's and CRI-O's ids are. */
static bool is_id(const char *text)
{
	return strspn(text, "0123456789abcdef") >= ID_LEN &&
	       text[ID_LEN] == '/';
}

/* The id in STORAGE/DRIVER-containers/ID/userdata/…, the engine's own folder
 * of a container; *ret_len is that of the part before the id. */
static const char *find_id(const char *source, int *ret_len)
{
	static const char marker[] = "-containers/";
	const char *at = source ? strstr(source, marker) : NULL;

	if (!at || !is_id(at + strlen(marker)))
		return NULL;
	*ret_len = (int)(at + strlen(marker) - source);
	return source + *ret_len;
}

/* The id ends the path: libpod-ID, libpod-payload-ID, SLICE:libpod:ID. */
static const char *cgroup_id(const struct spec *spec)
{
	const char *path = spec_cgroups_path(spec);
	size_t len = path ? strlen(path) : 0;

	if (len <= ID_LEN ||
	    strspn(path + len - ID_LEN, "0123456789abcdef") != ID_LEN)
		return NULL;
	return path + len - ID_LEN;
}

/* A specification doesn't have the container's id, but its cgroup is named by
 * it. Without a cgroup, the source of a mount has it: the engine binds files of
 * the container's own folder into it. This file is never another container's,
 * as a network's file may be, nor a volume, whose source may be any folder. */
static const char *own_source(const struct spec *spec)
{
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		struct spec_mount mount;

		spec_mount_at(spec, i, &mount);
		if (mount.bind && mount.source && mount.destination &&
		    strcmp(mount.destination, "/run/.containerenv") == 0)
			return mount.source;
	}
	return NULL;
}

/* The bundle lies beside containers.json, which has its names; it is another
 * folder of the same id if the engine has one for volatile files. */
static int find_bundle(const struct spec *spec, const char *id,
		       char **ret_bundle, struct err *e)
{
	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		OWNED(free_owned) char *list = NULL;
		struct spec_mount mount;
		const char *found;
		int len = 0;

		spec_mount_at(spec, i, &mount);
		found = find_id(mount.source, &len);
		if (!found || strncmp(found, id, ID_LEN) != 0)
			continue;
		list = text_format("%.*scontainers.json", len, mount.source);
		if (!list)
			return err_set(e, ENOMEM, "find the bundle");
		if (*ret_bundle && access(list, F_OK) < 0)
			continue;
		free(*ret_bundle);
		*ret_bundle =
			text_format("%.*s%s/userdata", len, mount.source, id);
		if (!*ret_bundle)
			return err_set(e, ENOMEM, "find the bundle");
	}
	return *ret_bundle ? 0 : err_set(e, ENOENT, "find the bundle");
}

static int identify(const struct spec *spec, char **ret_bundle,
		    char ret_id[ID_LEN + 1], struct err *e)
{
	int len = 0;
	const char *id = cgroup_id(spec);

	if (!id)
		id = find_id(own_source(spec), &len);
	if (!id)
		return err_set(e, ENOTSUP,
			       "can't tell which container this is: the hook "
			       "is for podman; elsewhere use runmoor as the "
			       "runtime");
	memcpy(ret_id, id, ID_LEN);
	ret_id[ID_LEN] = '\0';
	return find_bundle(spec, ret_id, ret_bundle, e);
}

/* The engine creates the container now, so an existing folder is from a start
 * that failed in the runtime, and its supervisor still waits. */
static int end_former(const struct prepared *prepared, const char *id,
		      struct err *e)
{
	OWNED(free_owned)
	char *folder =
		settings_find_container(&prepared->container.config, "", id);

	return folder ? release_container(folder, NULL, e) : 0;
}

static int read_input(struct buffer *ret, struct err *e)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "read the specification");
		buffer_append(ret, chunk, (size_t)n);
		if (buffer_failed(ret) || ret->len > JSON_SIZE_MAX)
			return err_set(e, E2BIG, "read the specification");
	}
	return 0;
}

static int write_output(const struct spec *spec, struct err *e)
{
	struct buffer out = BUFFER_INIT;
	int rc;

	spec_write(spec, &out);
	rc = buffer_failed(&out) || file_write_all(STDOUT_FILENO, out.data,
						   out.len) < 0
		     ? err_set(e, errno, "write the specification")
		     : 0;
	buffer_clear(&out);
	return rc;
}

/* With on_unprotectable: run the specification is returned unchanged. */
static int leave_unprotected(struct prepared *prepared, bool *ret_plain)
{
	container_remove(prepared->folder);
	free(prepared->folder);
	prepared->folder = NULL;
	*ret_plain = true;
	return 0;
}

/* *ret_plain is true if the container is to run unprotected. */
static int prepare(struct prepared *prepared, const struct owner *owner,
		   bool *ret_plain, struct err *e)
{
	if (prepared->container.config.memory == PERMISSION_DENY)
		return err_set(e, ENOTSUP,
			       "memory: deny needs runmoor as the runtime: a "
			       "hook can't set it for the container");
	if (end_former(prepared, owner->id, e) < 0 ||
	    prepare_folder(prepared, owner, e) < 0)
		return -1;
	if (prepare_protection(prepared, owner, e) < 0)
		return prepared->container.config.on_unprotectable ==
				       UNPROTECTABLE_RUN
			       ? leave_unprotected(prepared, ret_plain)
			       : -1;
	return prepare_supervisor(prepared, owner, e);
}

/* A container that can't be identified may stay unprotected, but can't get a
 * policy. */
static int decide(struct prepared *prepared, const struct buffer *input,
		  const char *self, bool *ret_plain, struct err *e)
{
	OWNED(free_owned) char *bundle = NULL;
	const struct log log = {0};
	struct err unknown = {0};
	struct owner owner = {
		.runtime = "podman",
		.config = "the specification",
		.self = self,
		.log = &log,
	};
	char id[ID_LEN + 1];

	if (spec_parse(input->data, input->len, &prepared->spec, e) < 0)
		return err_wrap(e, "%s", owner.config);
	if (identify(prepared->spec, &bundle, id, &unknown) == 0) {
		owner.id = id;
		owner.bundle = bundle;
	} else if (prepared->container.config.policy_count > 0) {
		*e = unknown;
		return err_wrap(e, "choose a policy");
	}
	if (prepare_policy(prepared, &owner, e) < 0)
		return -1;
	*ret_plain = prepared->container.config.mode == MODE_OFF;
	if (*ret_plain)
		return 0;
	if (!owner.id) {
		*e = unknown;
		return -1;
	}
	return prepare(prepared, &owner, ret_plain, e);
}

static int refuse(struct spec *spec, struct err *e)
{
	char sentence[sizeof(e->text) + 16];

	(void)snprintf(sentence, sizeof(sentence), "runmoor: %s", e->text);
	return spec_refuse(spec, sentence) < 0 ? -1 : write_output(spec, e);
}

/* plain: a second copy, since a failure may leave the first half changed. */
static int answer(struct prepared *prepared, const struct buffer *input,
		  struct spec *plain, const char *self, struct err *e)
{
	bool unprotected = false;

	if (decide(prepared, input, self, &unprotected, e) < 0) {
		if (prepared->folder)
			(void)!release_container(prepared->folder, NULL, NULL);
		return refuse(plain, e);
	}
	if (write_output(unprotected ? plain : prepared->spec, e) < 0)
		return -1;
	/* The supervisor waits for the runtime, for a while. */
	if (!unprotected)
		letter_send(prepared->supervisor, LETTER_WAIT);
	return 0;
}

int precreate(const char *self, struct config *take_config, struct err *e)
{
	struct prepared prepared = {.supervisor = -1};
	struct buffer input = BUFFER_INIT;
	struct spec *plain = NULL;
	int rc = read_input(&input, e);

	prepared.container.config = *take_config;
	*take_config = (struct config){0};
	if (rc == 0)
		rc = spec_parse(input.data, input.len, &plain, e);
	if (rc == 0)
		rc = answer(&prepared, &input, plain, self, e);
	spec_free(plain);
	buffer_clear(&input);
	prepared_clear(&prepared);
	return rc;
}

int precreate_refuse(struct err *e)
{
	struct buffer input = BUFFER_INIT;
	struct spec *spec = NULL;
	struct err other;
	int rc = read_input(&input, &other);

	if (rc == 0)
		rc = spec_parse(input.data, input.len, &spec, &other);
	if (rc == 0)
		rc = refuse(spec, e);
	spec_free(spec);
	buffer_clear(&input);
	return rc;
}
