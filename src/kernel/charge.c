#include "charge.h"

#include "attr.h"
#include "cgroup.h"
#include "file.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	/* The limit is at least this part of a core: else a program of hundreds
	 * of MiB would take minutes to hash. */
	LEAST_PART = 10,
	/* The ratio of nice -10 to nice 0; niceness itself counts only within a
	 * cgroup. */
	WEIGHT_TIMES = 9,
	TEXT_MAX = 4096,
};

/* The file with the weight, and its bounds. */
struct weight {
	const char *name;
	uint64_t most;
};

static int read_text(const char *folder, const char *name, struct buffer *text)
{
	OWNED(free_owned) char *path = file_in(folder, name);

	if (!path)
		return -1;
	return file_read(AT_FDCWD, path, TEXT_MAX, text, NULL);
}

static int write_text(const char *folder, const char *name, const char *text)
{
	OWNED(free_owned) char *path = file_in(folder, name);
	OWNED(close_owned) int fd = -1;

	if (!path) {
		errno = ENOMEM;
		return -1;
	}
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -1 : file_write_all(fd, text, strlen(text));
}

static bool read_number(const char *folder, const char *name, int64_t *ret)
{
	struct buffer text = BUFFER_INIT;
	bool read = read_text(folder, name, &text) == 0 && text.len > 0;

	if (read)
		*ret = strtoll(text.data, NULL, 10);
	buffer_clear(&text);
	return read;
}

/* Microseconds of a period; quota -1: no limit. */
struct limit {
	int64_t quota;
	int64_t period;
};

static bool read_limit(const struct charge *charge, struct limit *ret)
{
	const char *payer = charge->places[0].payer;
	struct buffer text = BUFFER_INIT;
	bool read;

	*ret = (struct limit){.quota = -1, .period = 100000};
	if (charge->version_1)
		return read_number(payer, "cpu.cfs_quota_us", &ret->quota) &&
		       read_number(payer, "cpu.cfs_period_us", &ret->period);
	/* "max 100000", or "10000 100000" */
	read = read_text(payer, "cpu.max", &text) == 0 && text.len > 0;
	if (read && sscanf(text.data, "%" SCNd64 " %" SCNd64, &ret->quota,
			   &ret->period) != 2)
		ret->quota = -1;
	buffer_clear(&text);
	return read;
}

static int write_limit(const struct charge *charge, const struct limit *limit)
{
	const char *own = charge->places[0].own;
	char quota[32];
	char period[32];
	char both[64];

	(void)snprintf(quota, sizeof(quota), "%" PRId64, limit->quota);
	(void)snprintf(period, sizeof(period), "%" PRId64, limit->period);
	if (!charge->version_1) {
		(void)snprintf(both, sizeof(both), "%s %s",
			       limit->quota < 0 ? "max" : quota, period);
		return write_text(own, "cpu.max", both);
	}
	/* Any period will do if there is no quota. */
	if (write_text(own, "cpu.cfs_quota_us", "-1") < 0 ||
	    write_text(own, "cpu.cfs_period_us", period) < 0)
		return -1;
	return limit->quota < 0 ? 0
				: write_text(own, "cpu.cfs_quota_us", quota);
}

static void follow_limit(const struct charge *charge)
{
	struct limit limit;
	struct limit own;

	if (!read_limit(charge, &limit) || limit.period <= 0)
		return;
	own = limit;
	if (limit.quota >= 0 && limit.quota < limit.period / LEAST_PART)
		own.quota = limit.period / LEAST_PART;
	/* In version 1 it may not be more than the cgroup's above. */
	if (write_limit(charge, &own) < 0)
		(void)write_limit(charge, &limit);
}

static void follow_weight(const struct charge *charge)
{
	static const struct weight weights[] = {{"cpu.weight", 10000},
						{"cpu.shares", 262144}};
	const struct weight *weight = &weights[charge->version_1];
	const struct charge_place *place = &charge->places[0];
	int64_t value;
	uint64_t own;
	char text[32];

	if (!read_number(place->payer, weight->name, &value) || value <= 0)
		return;
	own = (uint64_t)value * WEIGHT_TIMES;
	(void)snprintf(text, sizeof(text), "%" PRIu64,
		       own < weight->most ? own : weight->most);
	(void)write_text(place->own, weight->name, text);
}

void charge_follow(struct charge *charge)
{
	struct limit limit;
	char text[sizeof(charge->limit)];

	if (charge->count == 0 || !read_limit(charge, &limit))
		return;
	(void)snprintf(text, sizeof(text), "%" PRId64 " %" PRId64, limit.quota,
		       limit.period);
	if (strcmp(text, charge->limit) == 0)
		return;
	memcpy(charge->limit, text, sizeof(text));
	follow_limit(charge);
	follow_weight(charge);
}

bool charge_throttled(struct charge *charge)
{
	static const char key[] = "nr_throttled ";
	struct buffer text = BUFFER_INIT;
	uint64_t before = charge->throttled;
	const char *at = NULL;

	if (charge->count &&
	    read_text(charge->places[0].own, "cpu.stat", &text) == 0 &&
	    text.len > 0)
		at = strstr(text.data, key);
	if (at)
		charge->throttled = strtoull(at + strlen(key), NULL, 10);
	buffer_clear(&text);
	return charge->throttled != before;
}

static void place_clear(struct charge_place *place)
{
	free(place->payer);
	free(place->own);
	free(place->home);
	free(place->mount);
	*place = (struct charge_place){0};
}

void charge_leave(struct charge *charge)
{
	for (size_t i = 0; i < charge->count; i++) {
		struct charge_place *place = &charge->places[i];

		/* The first cgroup may have been removed. */
		if (write_text(place->home, "cgroup.procs", "0") < 0)
			(void)write_text(place->mount, "cgroup.procs", "0");
		if (place->own)
			(void)rmdir(place->own);
		place_clear(place);
	}
	charge->count = 0;
}

/* The cgroup that pays, and the name of the one beside it. */
static int find_place(const char *text, const char *ours,
		      const char *controller, const char *name,
		      struct charge_place *ret, struct err *e)
{
	OWNED(free_owned) char *mount = NULL;
	const char *slash;

	if (cgroup_folder(text, controller, &ret->payer, &ret->mount, e) < 0 ||
	    cgroup_folder(ours, controller, &ret->home, &mount, e) < 0)
		return -1;
	if (!ret->payer || !ret->mount || !ret->home)
		return err_set(e, ENOMEM, "find a cgroup");
	if (strcmp(ret->payer, ret->mount) == 0 ||
	    strcmp(ret->payer, ret->home) == 0)
		return err_set(e, ENOENT,
			       "the container has no cgroup of its own in %s",
			       ret->mount);
	slash = strrchr(ret->payer, '/');
	ret->own = text_format("%.*s/%s", (int)(slash - ret->payer), ret->payer,
			       name);
	if (!ret->own)
		return err_set(e, ENOMEM, "name a cgroup");
	return 0;
}

static bool same_place(const struct charge *charge, const char *own)
{
	return charge->count == 1 && strcmp(charge->places[0].own, own) == 0;
}

static int join_place(struct charge *charge, struct charge_place *place,
		      struct err *e)
{
	if (mkdir(place->own, 0755) < 0 && errno != EEXIST)
		return err_set(e, errno, "make %s", place->own);
	charge->count++;
	/* The limits are set before a task is in the cgroup. */
	if (charge->count == 1)
		charge_follow(charge);
	if (write_text(place->own, "cgroup.procs", "0") < 0)
		return err_set(e, errno, "enter %s", place->own);
	return 0;
}

static int join(const char *text, const char *ours, const char *name,
		struct charge *charge, struct err *e)
{
	static const char *const controllers[][CHARGE_HIERARCHIES_MAX] = {
		{""}, {"cpu", "cpuacct"}};
	const char *const *wanted = controllers[charge->version_1];

	for (size_t i = 0; i < CHARGE_HIERARCHIES_MAX && wanted[i]; i++) {
		struct charge_place *place = &charge->places[charge->count];

		if (find_place(text, ours, wanted[i], name, place, e) < 0 ||
		    !place->own) {
			place_clear(place);
			/* cpuacct has no limits: its hierarchy may be
			 * missing. */
			return i == 0 ? -1 : 0;
		}
		/* One hierarchy of both. */
		if (same_place(charge, place->own))
			place_clear(place);
		else if (join_place(charge, place, e) < 0)
			return -1;
	}
	return 0;
}

int charge_join(const char *text, const char *name, struct charge *ret,
		struct err *e)
{
	struct buffer ours = BUFFER_INIT;
	size_t len;
	int rc;

	*ret = (struct charge){
		.version_1 = cgroup_path(text, "cpu", &len) != NULL,
	};
	rc = file_read(AT_FDCWD, "/proc/self/cgroup", CGROUP_TEXT_MAX, &ours,
		       e);
	if (rc == 0)
		rc = join(text, ours.data ? ours.data : "", name, ret, e);
	buffer_clear(&ours);
	if (rc < 0) {
		if (ret->count == 0)
			place_clear(&ret->places[0]);
		charge_leave(ret);
	}
	return rc;
}
