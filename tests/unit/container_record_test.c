#include "container.h"

#include "file.h"
#include "test.h"

#include <fcntl.h>
#include <string.h>

static char folder[] = "/tmp/runmoor-record-test.XXXXXX";

/* A record as create writes it, with all members, whose values differ where
 * they can. */
static const char whole[] = TEST_DATA "/container.json";

static void read_file(const char *path, struct buffer *ret)
{
	if (file_read(AT_FDCWD, path, JSON_SIZE_MAX, ret, NULL) < 0)
		abort();
}

static void put_record(const void *bytes, size_t len)
{
	OWNED(free_owned) char *path = file_in(folder, "container.json");

	if (!path || file_publish(path, bytes, len, 0600, NULL) < 0)
		abort();
}

static struct json *read_json(const char *path)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	struct json *record = NULL;

	read_file(path, &bytes);
	if (json_parse(bytes.data, bytes.len, &record, NULL) < 0)
		abort();
	return record;
}

static void put_json(const struct json *record)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;

	json_write(record, true, &bytes);
	put_record(bytes.data, bytes.len);
}

static struct json *without(const struct json *record, const char *key)
{
	struct json *less = json_new_object();

	for (size_t i = 0; i < json_count(record); i++) {
		const char *name = json_key_at(record, i);

		if (strcmp(name, key) != 0 &&
		    json_set(less, name, json_clone(json_at(record, i))) < 0)
			abort();
	}
	return less;
}

/* True where it is read, and written as it was: but for the configuration,
 * whose keys are all written, also those that came with a later version. */
static bool comes_back(void)
{
	OWNED(free_owned) char *path = file_in(folder, "container.json");
	OWNED(json_owned) struct json *before = NULL;
	OWNED(json_owned) struct json *after = NULL;
	OWNED(json_owned) struct json *read = read_json(path);
	OWNED(json_owned) struct json *written = NULL;
	struct container container;
	int rc;

	if (container_read(folder, &container, NULL) < 0)
		return false;
	(void)unlink(path);
	rc = container_write(&container, folder, NULL);
	container_clear(&container);
	if (rc < 0)
		return false;
	written = read_json(path);
	before = without(read, "config");
	after = without(written, "config");
	return json_equal(before, after);
}

static void check_whole(void)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;
	struct container container;

	read_file(whole, &bytes);
	put_record(bytes.data, bytes.len);
	CHECK("a record is written as it was read", comes_back());
	if (container_read(folder, &container, NULL) < 0)
		abort();
	CHECK("the policy is read", container.config.mode == MODE_AUDIT);
	CHECK("the policy is read",
	      container.config.libraries == LIBRARIES_STRICT);
	CHECK("the policy is read", container.config.allow_count == 1);
	container_clear(&container);
}

/* Tests whether a record may lack a member. */
static const struct {
	const char *key;
	bool needed;
} members[] = {
	{"id", true},
	{"root", true},
	{"bundle", true},
	{"rootfs", true},
	{"runtime", true},
	{"name", false},
	{"image", false},
	{"policy", false},
	{"manifest", true},
	{"manifestSha256", true},
	{"volumes", false},
	{"volumesSha256", false},
	{"writable", false},
	{"writableSha256", false},
	{"binfmt", false},
	{"binfmtSha256", false},
	{"upper", false},
	{"overlay", true},
	{"overlayWritable", true},
	{"statTrusted", true},
	{"readsMayBlock", true},
	{"cgroupsLeft", true},
	{"hooksAdded", true},
	{"mappedByNumber", true},
	{"cached", true},
	{"engineNamed", true},
	{"crio", true},
	{"createdNs", true},
	{"sealedFiles", true},
	{"sealedBytes", true},
	{"volumeFiles", true},
	{"volumeBytes", true},
	{"volumesFirst", true},
	{"volumesLeftCount", true},
	{"unreadableCount", true},
	{"annotations", false},
	{"unreadable", false},
	{"mounts", false},
	{"sources", false},
	{"lowers", false},
	{"drivers", false},
	{"volumesLeft", false},
	{"volumesCut", false},
	{"volumesWritten", false},
	{"volumesFollowed", false},
};

static void check_missing(void)
{
	OWNED(json_owned) struct json *record = read_json(whole);

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *key = members[i].key;
		OWNED(json_owned) struct json *less = without(record, key);
		struct container container;
		char text[64];
		struct err e;

		CHECK(key, json_count(less) + 1 == json_count(record));
		put_json(less);
		if (!members[i].needed) {
			CHECK(key, comes_back());
			continue;
		}
		(void)snprintf(text, sizeof(text), "%s is missing", key);
		if (container_read(folder, &container, &e) == 0) {
			container_clear(&container);
			CHECK("a record that lacks a member isn't read", false);
			continue;
		}
		CHECK(key, strstr(e.text, text));
		CHECK(key, !container.id);
	}
}

static const struct {
	const char *name;
	size_t numbers;	  /* of the devices' array */
	const char *odd;  /* one more element, or NULL */
	const char *part; /* of the error; NULL: none */
} devices[] = {
	{"no devices", 0, NULL, NULL},
	{"as many as are kept", (size_t)2 * MANIFEST_DEVICES_MAX, NULL, NULL},
	{"more than are kept", (size_t)2 * MANIFEST_DEVICES_MAX + 2, NULL,
	 "devices are too many"},
	{"one that is no number", 1, "8", "devices are damaged"},
};

static void check_devices(void)
{
	OWNED(json_owned) struct json *record = read_json(whole);

	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		struct json *array = json_new_array();
		struct container container;
		struct err e = {0};
		int rc;

		for (size_t n = 0; n < devices[i].numbers; n++)
			(void)!json_append(array, json_new_uint(n));
		if (devices[i].odd)
			(void)!json_append(array,
					   json_new_string(devices[i].odd));
		if (json_set(record, "devices", array) < 0)
			abort();
		put_json(record);
		rc = container_read(folder, &container, &e);
		CHECK(devices[i].name, (rc < 0) == (devices[i].part != NULL));
		if (rc < 0 && devices[i].part)
			CHECK(devices[i].name, strstr(e.text, devices[i].part));
		container_clear(&container);
		if (rc == 0)
			CHECK(devices[i].name, comes_back());
	}
}

static void check_damaged(void)
{
	struct container container;
	struct err e;

	put_record("{", 1);
	CHECK("half a record isn't one",
	      container_read(folder, &container, &e) < 0);
	container_remove(folder);
	CHECK("no record isn't one",
	      container_read(folder, &container, &e) < 0);
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	check_whole();
	check_missing();
	check_devices();
	check_damaged();
	container_remove(folder);
	TEST_END();
}
