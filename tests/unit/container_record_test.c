#include "container.h"

#include "file.h"
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
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

/* The members, and which of them a record may not be without. */
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
	/* Each of a pair needs the other. */
	{"volumes", true},
	{"volumesSha256", true},
	{"writable", true},
	{"writableSha256", true},
	{"binfmt", true},
	{"binfmtSha256", true},
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
	{"devices", true},
	{"config", true},
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

/* part: of the sentence with which the record is refused; NULL: it's read, and
 * written as it was. */
static void check_read(const char *name, const char *part)
{
	struct container container;
	struct err e = {0};
	int rc = container_read(folder, &container, &e);

	CHECK(name, (rc < 0) == (part != NULL));
	if (rc < 0) {
		CHECK(name, part && strstr(e.text, part));
		CHECK(name, !container.id);
		return;
	}
	container_clear(&container);
	CHECK(name, comes_back());
}

static void check_missing(void)
{
	OWNED(json_owned) struct json *record = read_json(whole);

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *key = members[i].key;
		OWNED(json_owned) struct json *less = without(record, key);
		char text[64];

		CHECK(key, json_count(less) + 1 == json_count(record));
		put_json(less);
		(void)snprintf(text, sizeof(text), "%s is missing", key);
		check_read(key, members[i].needed ? text : NULL);
	}
}

/* A manifest and its digest may be missing together. */
static void check_without_manifests(void)
{
	static const char *const keys[] = {
		"volumes",	  "volumesSha256", "writable",
		"writableSha256", "binfmt",	   "binfmtSha256",
	};
	struct json *record = read_json(whole);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct json *less = without(record, keys[i]);

		json_free(record);
		record = less;
	}
	put_json(record);
	json_free(record);
	check_read("no manifests but the image's", NULL);
}

static struct json *text_of(size_t len)
{
	char *text = calloc(1, len + 1);
	struct json *value;

	if (!text)
		abort();
	memset(text, 'a', len);
	value = json_new_string(text);
	free(text);
	return value;
}

static void check_value(const char *name, const char *key,
			struct json *take_value, const char *part)
{
	OWNED(json_owned) struct json *record = read_json(whole);

	if (json_set(record, key, take_value) < 0)
		abort();
	put_json(record);
	check_read(name, part);
}

/* Each member of a type that it can't have, and of one that none has. */
static void check_types(void)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *key = members[i].key;
		const char *part =
			strcmp(key, "config") == 0 ? "must be an object" : key;
		OWNED(json_owned) struct json *record = read_json(whole);
		enum json_type type = json_type(json_get(record, key));

		if (type != JSON_STRING)
			check_value(key, key, json_new_string("1"), part);
		if (type != JSON_BOOL)
			check_value(key, key, json_new_bool(true), part);
		if (type != JSON_NUMBER)
			check_value(key, key, json_new_uint(1), part);
		if (type != JSON_OBJECT)
			check_value(key, key, json_new_object(), part);
		if (type != JSON_ARRAY)
			check_value(key, key, json_new_array(), part);
	}
	check_value("a count below 0", "sealedFiles", json_new_int(-1),
		    "sealedFiles isn't a count");
	check_value("a text with a NUL", "image", json_new_bytes("a\0b", 3),
		    "image isn't a text");
}

static void check_lengths(void)
{
	check_value("the longest path", "upper", text_of(PATH_MAX - 1), NULL);
	check_value("a path longer than any", "upper", text_of(PATH_MAX),
		    "upper is too long for a path");
	check_value("a name is as long as its engine has it", "image",
		    text_of((size_t)2 * PATH_MAX), NULL);
}

/* Parsers differ in which of two they take. */
static void check_twice(void)
{
	OWNED(buffer_clear) struct buffer bytes = BUFFER_INIT;

	read_file(whole, &bytes);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *key = members[i].key;
		OWNED(buffer_clear) struct buffer more = BUFFER_INIT;
		char text[64];

		buffer_append(&more, "{\"", 2);
		buffer_append(&more, key, strlen(key));
		buffer_append(&more, "\": null,", 8);
		buffer_append(&more, bytes.data + 1, bytes.len - 1);
		put_record(more.data, more.len);
		(void)snprintf(text, sizeof(text), "%s comes more than once",
			       key);
		check_read(key, text);
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
	{"half of a pair", 3, NULL, "devices are damaged"},
};

static void check_devices(void)
{
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		struct json *array = json_new_array();

		for (size_t n = 0; n < devices[i].numbers; n++)
			(void)!json_append(array, json_new_uint(n));
		if (devices[i].odd)
			(void)!json_append(array,
					   json_new_string(devices[i].odd));
		check_value(devices[i].name, "devices", array, devices[i].part);
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
	check_without_manifests();
	check_types();
	check_lengths();
	check_twice();
	check_devices();
	check_damaged();
	container_remove(folder);
	TEST_END();
}
