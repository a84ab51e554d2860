#include "lineage.h"

#include "stat.h"
#include "target.h"
#include "witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1024, GENERATIONS = 16 };

struct proven {
	struct birth birth; /* a pid may be used again, with its birth never */
	char *path;
};

struct lineage {
	pthread_mutex_t lock;
	struct proven proven[SLOTS]; /* by pid; a collision forgets */
};

struct lineage *lineage_new(void)
{
	struct lineage *lineage = calloc(1, sizeof(*lineage));

	if (lineage)
		(void)pthread_mutex_init(&lineage->lock, NULL);
	return lineage;
}

static struct proven *slot_of(struct lineage *lineage, pid_t pid)
{
	return &lineage->proven[(unsigned)pid % SLOTS];
}

static void keep(struct lineage *lineage, const struct birth *birth,
		 const char *path)
{
	struct proven *slot = slot_of(lineage, birth->pid);

	(void)pthread_mutex_lock(&lineage->lock);
	free(slot->path);
	slot->path = strdup(path);
	slot->birth = *birth;
	(void)pthread_mutex_unlock(&lineage->lock);
}

void lineage_record(struct lineage *lineage, pid_t pid, const char *path)
{
	struct birth birth;

	if (witness_birth(pid, &birth))
		keep(lineage, &birth, path);
}

static bool copy_proven(struct lineage *lineage, const struct birth *birth,
			char *ret, size_t size)
{
	const struct proven *slot = slot_of(lineage, birth->pid);
	bool found;

	(void)pthread_mutex_lock(&lineage->lock);
	found = slot->path && slot->birth.pid == birth->pid &&
		slot->birth.ticks == birth->ticks && strlen(slot->path) < size;
	if (found)
		memcpy(ret, slot->path, strlen(slot->path) + 1);
	(void)pthread_mutex_unlock(&lineage->lock);
	return found;
}

static bool identify(pid_t pid, struct identity *ret)
{
	OWNED(close_owned) int exe = -1;

	return target_open_link(pid, "exe", &exe, NULL) == 0 &&
	       stat_identity(exe, "", AT_EMPTY_PATH, ret) == 0;
}

/* A parent runs another program if it isn't the one that forked the process,
 * which is gone or forgotten. */
static bool runs_the_same(pid_t pid, pid_t other)
{
	struct identity one;
	struct identity two;

	return identify(pid, &one) && identify(other, &two) &&
	       identity_same_file(&one, &two);
}

bool lineage_find(struct lineage *lineage, pid_t tid, char *ret, size_t size)
{
	struct birth birth = {.parent = tid};
	struct birth own = {.pid = tid};

	for (int i = 0; i < GENERATIONS && birth.parent > 0; i++) {
		if (!witness_birth(birth.parent, &birth))
			return false;
		if (i == 0)
			own = birth;
		if (!copy_proven(lineage, &birth, ret, size))
			continue;
		if (i == 0)
			return true;
		if (!runs_the_same(own.pid, birth.pid))
			return false;
		/* At its proof the process runs the program that is being
		 * proven. */
		keep(lineage, &own, ret);
		return true;
	}
	return false;
}
