#include "spec_internal.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY_MAJOR = 1, FUSE_MAJOR = 10, FUSE_MINOR = 229 }; /* devices.txt */

/* A rule of linux.resources.devices, or a node of linux.devices. An absent or
 * negative number stands for all of them. */
struct device {
	bool allow;
	bool block;
	bool character;
	int64_t major;
	int64_t minor;
};

static void device_read(const struct json *value, struct device *ret)
{
	const char *type = spec_text(value, "type");
	const char *access = spec_text(value, "access");

	*ret = (struct device){.major = -1, .minor = -1};
	(void)json_bool(json_get(value, "allow"), &ret->allow);
	/* "m" alone makes nodes that can't be opened. */
	ret->allow = ret->allow && (!access || strchr(access, 'w'));
	(void)json_int(json_get(value, "major"), &ret->major);
	(void)json_int(json_get(value, "minor"), &ret->minor);
	ret->block = !type || *type == 'a' || *type == 'b';
	ret->character = !type || *type == 'a' || *type == 'c' || *type == 'u';
}

static bool device_is_fuse(const struct device *device)
{
	return device->character &&
	       (device->major < 0 || device->major == FUSE_MAJOR) &&
	       (device->minor < 0 || device->minor == FUSE_MINOR);
}

static bool any_device(const struct spec *spec,
		       bool (*matches)(const struct device *device))
{
	const struct json *linux_ = json_get(spec->document, "linux");
	const struct json *nodes = json_get(linux_, "devices");
	const struct json *rules =
		json_get(json_get(linux_, "resources"), "devices");
	struct device device;

	for (size_t i = 0; i < json_count(nodes); i++) {
		device_read(json_at(nodes, i), &device);
		if (matches(&device))
			return true;
	}
	for (size_t i = 0; i < json_count(rules); i++) {
		device_read(json_at(rules, i), &device);
		if (device.allow && matches(&device))
			return true;
	}
	/* crun allows every device if there is no rule, so that a container
	 * that may make nodes has them all. */
	return json_count(rules) == 0 && spec_has_capability(spec, "CAP_MKNOD");
}

static bool device_is_block(const struct device *device)
{
	return device->block;
}

bool spec_allows_raw_devices(const struct spec *spec)
{
	return any_device(spec, device_is_block);
}

static int add_driver(struct json *drivers, const struct device *device)
{
	char name[64];

	if (!device->character || device->block || device->major < 0 ||
	    device->major == MEMORY_MAJOR)
		return 0;
	if (device->minor < 0)
		(void)snprintf(name, sizeof(name), "%lld:*",
			       (long long)device->major);
	else
		(void)snprintf(name, sizeof(name), "%lld:%lld",
			       (long long)device->major,
			       (long long)device->minor);
	return json_append(drivers, json_new_string(name));
}

struct json *spec_drivers(const struct spec *spec)
{
	const struct json *linux_ = json_get(spec->document, "linux");
	const struct json *nodes = json_get(linux_, "devices");
	const struct json *rules =
		json_get(json_get(linux_, "resources"), "devices");
	OWNED(json_owned) struct json *drivers = json_new_array();
	struct device device;

	for (size_t i = 0; drivers && i < json_count(nodes); i++) {
		device_read(json_at(nodes, i), &device);
		if (add_driver(drivers, &device) < 0)
			return NULL;
	}
	for (size_t i = 0; drivers && i < json_count(rules); i++) {
		device_read(json_at(rules, i), &device);
		if (device.allow && add_driver(drivers, &device) < 0)
			return NULL;
	}
	return PTR_MOVE(drivers);
}

static bool type_may_block(const char *type)
{
	static const char *const prefixes[] = {"fuse", "nfs", "cifs", "smb",
					       "9p"};

	for (size_t i = 0; type && i < ARRAY_LEN(prefixes); i++)
		if (strncmp(type, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

bool spec_may_block_reads(const struct spec *spec)
{
	struct spec_mount mount;

	for (size_t i = 0; i < spec_mount_count(spec); i++) {
		spec_mount_at(spec, i, &mount);
		if (type_may_block(mount.type))
			return true;
	}
	return any_device(spec, device_is_fuse);
}
