#include "container.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

static const char record_name[] = "container.json";

enum text_kind { TEXT, TEXT_PATH, TEXT_DIGEST }; /* of a sha256 */

/* The members that are plain strings, once for writing and reading. */
struct string_member {
	const char *key;
	size_t offset;
	enum text_kind kind;
	bool optional;
};

#define STRING_MEMBER(key, field, kind, optional)                              \
	{                                                                      \
		key, offsetof(struct container, field), kind, optional         \
	}

/* A manifest has its path and the digest that it must have right behind it. */
static const struct string_member strings[] = {
	STRING_MEMBER("id", id, TEXT, false),
	STRING_MEMBER("root", root, TEXT_PATH, false),
	STRING_MEMBER("bundle", bundle, TEXT_PATH, false),
	STRING_MEMBER("rootfs", rootfs, TEXT_PATH, false),
	STRING_MEMBER("runtime", runtime, TEXT_PATH, false),
	STRING_MEMBER("name", name, TEXT, true),
	STRING_MEMBER("image", image, TEXT, true),
	STRING_MEMBER("policy", policy, TEXT, true),
	STRING_MEMBER("manifest", manifests[SEALED_IMAGE].path, TEXT_PATH,
		      false),
	STRING_MEMBER("manifestSha256", manifests[SEALED_IMAGE].sha256,
		      TEXT_DIGEST, false),
	STRING_MEMBER("volumes", manifests[SEALED_VOLUMES].path, TEXT_PATH,
		      true),
	STRING_MEMBER("volumesSha256", manifests[SEALED_VOLUMES].sha256,
		      TEXT_DIGEST, true),
	STRING_MEMBER("writable", manifests[SEALED_WRITABLE].path, TEXT_PATH,
		      true),
	STRING_MEMBER("writableSha256", manifests[SEALED_WRITABLE].sha256,
		      TEXT_DIGEST, true),
	STRING_MEMBER("binfmt", binfmt.path, TEXT_PATH, true),
	STRING_MEMBER("binfmtSha256", binfmt.sha256, TEXT_DIGEST, true),
	STRING_MEMBER("upper", upper, TEXT_PATH, true),
};

static const struct {
	const char *key;
	size_t offset;
} flags[] = {
	{"overlay", offsetof(struct container, overlay)},
	{"overlayWritable", offsetof(struct container, overlay_writable)},
	{"statTrusted", offsetof(struct container, stat_trusted)},
	{"readsMayBlock", offsetof(struct container, reads_may_block)},
	{"cgroupsLeft", offsetof(struct container, cgroups_left)},
	{"hooksAdded", offsetof(struct container, hooks_added)},
	{"mappedByNumber", offsetof(struct container, mapped_by_number)},
	{"cached", offsetof(struct container, counts.cached)},
	{"engineNamed", offsetof(struct container, engine_named)},
	{"crio", offsetof(struct container, crio)},
};

static const struct {
	const char *key;
	size_t offset;
} numbers[] = {
	{"createdNs", offsetof(struct container, created_ns)},
	{"sealedFiles", offsetof(struct container, counts.image.files)},
	{"sealedBytes", offsetof(struct container, counts.image.bytes)},
	{"volumeFiles", offsetof(struct container, counts.volume_files)},
	{"volumeBytes", offsetof(struct container, counts.volume_bytes)},
	{"volumesFirst", offsetof(struct container, counts.volumes_first)},
	{"volumesLeftCount",
	 offsetof(struct container, counts.volumes_left_count)},
	{"unreadableCount",
	 offsetof(struct container, counts.image.unreadable_count)},
};

/* Documents of their own, where they are: lists of texts, but for the
 * annotations. */
static const struct {
	const char *key;
	size_t offset;
} documents[] = {
	{"annotations", offsetof(struct container, annotations)},
	{"unreadable", offsetof(struct container, counts.image.unreadable)},
	{"mounts", offsetof(struct container, mounts)},
	{"sources", offsetof(struct container, sources)},
	{"lowers", offsetof(struct container, lowers)},
	{"drivers", offsetof(struct container, drivers)},
	{"volumesLeft", offsetof(struct container, counts.volumes_left)},
	{"volumesCut", offsetof(struct container, volumes_cut)},
	{"volumesWritten", offsetof(struct container, volumes_written)},
	{"volumesFollowed", offsetof(struct container, volumes_followed)},
};

static const void *field(const struct container *container, size_t offset)
{
	return (const char *)container + offset;
}

static void *own_field(struct container *container, size_t offset)
{
	return (char *)container + offset;
}

void container_clear(struct container *container)
{
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		free_owned(own_field(container, strings[i].offset));
	for (size_t i = 0; i < ARRAY_LEN(documents); i++)
		json_owned(own_field(container, documents[i].offset));
	config_clear(&container->config);
	*container = (struct container){0};
}

static int put_devices(struct json *object, const struct container *container)
{
	struct json *array = json_new_array();

	for (size_t i = 0; array && i < 2 * container->device_count; i++) {
		const struct device_pair *pair = &container->devices[i / 2];

		if (json_append(array, json_new_uint(i % 2 ? pair->seen
							   : pair->walked)) <
		    0) {
			json_free(array);
			return -1;
		}
	}
	return json_set(object, "devices", array);
}

static struct json *to_json(const struct container *container)
{
	OWNED(json_owned) struct json *object = json_new_object();
	int rc = object ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(strings); i++) {
		char *const *text = field(container, strings[i].offset);

		if (*text)
			rc = json_set(object, strings[i].key,
				      json_new_string(*text));
	}
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(flags); i++) {
		const bool *flag = field(container, flags[i].offset);

		rc = json_set(object, flags[i].key, json_new_bool(*flag));
	}
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(numbers); i++) {
		const uint64_t *number = field(container, numbers[i].offset);

		rc = json_set(object, numbers[i].key, json_new_uint(*number));
	}
	if (rc == 0)
		rc = put_devices(object, container);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(documents); i++) {
		struct json *const *value =
			field(container, documents[i].offset);

		if (*value)
			rc = json_set(object, documents[i].key,
				      json_clone(*value));
	}
	if (rc == 0)
		rc = json_set(object, "config",
			      config_to_json(&container->config));
	return rc == 0 ? PTR_MOVE(object) : NULL;
}

int container_write(const struct container *container, const char *folder,
		    struct err *e)
{
	OWNED(json_owned) struct json *object = to_json(container);
	OWNED(free_owned) char *path = file_in(folder, record_name);
	struct buffer text = BUFFER_INIT;
	int rc;

	if (!object || !path)
		return err_set(e, ENOMEM, "record the container");
	json_write(object, true, &text);
	rc = buffer_failed(&text)
		     ? err_set(e, ENOMEM, "record the container")
		     : file_publish(path, text.data, text.len, 0600, e);
	buffer_clear(&text);
	return rc;
}

/* Find a member; NULL if it is missing, and may be. */
static int find(const struct json *object, const char *key, bool optional,
		const struct json **ret, struct err *e)
{
	*ret = json_get(object, key);
	if (json_count_like(object, key) > 1)
		return err_set(e, 0, "%s comes more than once", key);
	return *ret || optional ? 0 : err_set(e, 0, "%s is missing", key);
}

static int refuse_type(const struct json *value, const char *key,
		       const char *wanted, struct err *e)
{
	return err_set(e, 0, "%s isn't %s, but %s", key, wanted,
		       json_type_name(json_type(value)));
}

static int read_string(const struct json *object,
		       const struct string_member *member, char **ret,
		       struct err *e)
{
	const struct json *value;
	const char *text;

	if (find(object, member->key, member->optional, &value, e) < 0)
		return -1;
	if (!value)
		return 0;
	if (!json_string(value, &text))
		return refuse_type(value, member->key, "a text", e);
	if (member->kind == TEXT_PATH && strlen(text) >= PATH_MAX)
		return err_set(e, 0, "%s is too long for a path", member->key);
	*ret = strdup(text);
	return *ret ? 0 : err_set(e, ENOMEM, "read %s", member->key);
}

/* A digest's manifest comes right before it. */
static int check_manifests(const struct container *container, struct err *e)
{
	for (size_t i = 1; i < ARRAY_LEN(strings); i++) {
		char *const *digest = field(container, strings[i].offset);
		char *const *path = field(container, strings[i - 1].offset);

		if (strings[i].kind == TEXT_DIGEST && !*digest != !*path)
			return err_set(e, 0, "%s is missing",
				       strings[*digest ? i - 1 : i].key);
	}
	return 0;
}

static int read_strings(const struct json *object, struct container *ret,
			struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(strings); i++)
		if (read_string(object, &strings[i],
				own_field(ret, strings[i].offset), e) < 0)
			return -1;
	return check_manifests(ret, e);
}

static int read_scalars(const struct json *object, struct container *ret,
			struct err *e)
{
	const struct json *value;

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (find(object, flags[i].key, false, &value, e) < 0)
			return -1;
		if (!json_bool(value, own_field(ret, flags[i].offset)))
			return refuse_type(value, flags[i].key, "true or false",
					   e);
	}
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (find(object, numbers[i].key, false, &value, e) < 0)
			return -1;
		if (!json_uint(value, own_field(ret, numbers[i].offset)))
			return refuse_type(value, numbers[i].key, "a count", e);
	}
	return 0;
}

static int read_devices(const struct json *object, struct container *ret,
			struct err *e)
{
	const struct json *array;

	if (find(object, "devices", false, &array, e) < 0)
		return -1;
	if (json_type(array) != JSON_ARRAY || json_count(array) % 2)
		return err_set(e, 0, "devices are damaged");
	ret->device_count = json_count(array) / 2;
	if (ret->device_count > MANIFEST_DEVICES_MAX)
		return err_set(e, 0, "devices are too many");
	for (size_t i = 0; i < ret->device_count; i++)
		if (!json_uint(json_at(array, 2 * i),
			       &ret->devices[i].walked) ||
		    !json_uint(json_at(array, 2 * i + 1),
			       &ret->devices[i].seen))
			return err_set(e, 0, "devices are damaged");
	return 0;
}

/* A list whose elements are passed over would protect less: volumesWritten has
 * the mounts that aren't taken for read-only. */
static bool is_list_of_texts(const struct json *value)
{
	const char *text;

	for (size_t i = 0; i < json_count(value); i++)
		if (!json_string(json_at(value, i), &text))
			return false;
	return json_type(value) == JSON_ARRAY;
}

static int read_documents(const struct json *object, struct container *ret,
			  struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		struct json **copy = own_field(ret, documents[i].offset);
		const char *key = documents[i].key;
		const struct json *value;

		if (find(object, key, true, &value, e) < 0)
			return -1;
		if (!value)
			continue;
		if (copy == &ret->annotations &&
		    json_type(value) != JSON_OBJECT)
			return refuse_type(value, key, "an object", e);
		if (copy != &ret->annotations && !is_list_of_texts(value))
			return err_set(e, 0, "%s isn't a list of texts", key);
		*copy = json_clone(value);
		if (!*copy)
			return err_set(e, ENOMEM, "read %s", key);
	}
	return 0;
}

static int read_config(const struct json *object, struct container *ret,
		       struct err *e)
{
	const struct config_home home = {0};
	const struct json *config;

	if (find(object, "config", false, &config, e) < 0 ||
	    config_init(&ret->config, &home, e) < 0)
		return -1;
	return config_merge(&ret->config, config, e);
}

static int from_json(const struct json *object, struct container *ret,
		     struct err *e)
{
	if (read_strings(object, ret, e) < 0 ||
	    read_scalars(object, ret, e) < 0 ||
	    read_devices(object, ret, e) < 0 ||
	    read_documents(object, ret, e) < 0)
		return -1;
	return read_config(object, ret, e);
}

int container_read(const char *folder, struct container *ret, struct err *e)
{
	OWNED(free_owned) char *path = file_in(folder, record_name);
	OWNED(json_owned) struct json *object = NULL;
	struct buffer text = BUFFER_INIT;
	int rc;

	*ret = (struct container){0};
	if (!path)
		return err_set(e, ENOMEM, "read the container's record");
	rc = file_read(AT_FDCWD, path, JSON_SIZE_MAX, &text, e);
	if (rc == 0)
		rc = json_parse(text.data, text.len, &object, e);
	buffer_clear(&text);
	if (rc == 0)
		rc = from_json(object, ret, e);
	if (rc == 0)
		return 0;
	container_clear(ret);
	return err_wrap(e, "%s", path);
}
