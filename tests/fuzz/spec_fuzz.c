/*
 * Any config.json is parsed or refused. One that spec_protect rewrote parses
 * again, has the listener, and can't be protected twice if it notifies.
 */
#include "spec.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void look(const struct spec *spec)
{
	struct spec_mount mount;

	(void)spec_root_path(spec);
	(void)spec_annotations(spec);
	(void)spec_has_capability(spec, "CAP_SYS_TIME");
	(void)spec_allows_raw_devices(spec);
	(void)spec_may_block_reads(spec);
	for (size_t i = 0; i < spec_mount_count(spec); i++)
		spec_mount_at(spec, i, &mount);
}

static void check_written(const struct spec *spec,
			  const struct spec_protection *protection)
{
	OWNED(spec_owned) struct spec *again = NULL;
	struct buffer out = BUFFER_INIT;
	struct err e = {0};

	spec_write(spec, &out);
	expect(!buffer_failed(&out));
	/* A document near json's limits may be beyond them when rewritten. */
	if (spec_parse(out.data, out.len, &again, &e) < 0) {
		expect(e.code == E2BIG);
	} else {
		expect(spec_has_listener(again) &&
		       !spec_has_notify(spec) == !spec_has_notify(again));
		/* A profile that denies all that is gated has no rule that
		 * notifies: then the path is unused. */
		expect(!spec_has_notify(again) ||
		       (spec_protect(again, protection, &e) == -1 &&
			e.code == EINVAL));
	}
	buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const args[] = {"runmoor", NULL};
	const struct spec_protection protection = {
		.listener_path = "/run/listener",
		.libraries = (enum libraries)(size % 4),
		.hook = "/usr/bin/runmoor",
		.poststop_args = args,
	};
	OWNED(spec_owned) struct spec *spec = NULL;
	struct err e = {0};

	if (spec_parse(size ? (const char *)data : "", size, &spec, &e) < 0)
		return 0;
	look(spec);
	if (spec_protect(spec, &protection, &e) == 0)
		check_written(spec, &protection);
	else
		expect(e.code == EINVAL || e.code == ENOTSUP);
	return 0;
}
