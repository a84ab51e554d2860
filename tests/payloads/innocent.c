/*
 * innocent UID SECONDS COMMAND [ARG...] - the first process of a container in
 * which an attack is played. It runs COMMAND, the attack, as UID for at most
 * that long, and beside it an innocent, a process of another user that keeps
 * executing a program of the image; with INNOCENTS=N in its environment N
 * programs in turn, /opt/innocents/0 and so on. At the end it prints
 *
 *   innocents: 57 ran, 0 failed, slowest 12 ms
 *
 * with ", dead" or ", stuck" behind it where the innocent is that. Those that
 * ran are counted from when the attack began.
 */
#define _GNU_SOURCE
#include <err.h>
#include <grp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { INNOCENT = 65534, PAUSE_MS = 20, PATIENCE_MS = 15000 };

/* Shared by the two processes; the innocent writes, the first one reads. */
struct tally {
	_Atomic uint64_t ran, failed, slowest, since; /* times in ms */
};

static struct tally *tally;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void become(unsigned id)
{
	if (id != 0 &&
	    (setgroups(0, NULL) < 0 || setgid(id) < 0 || setuid(id) < 0))
		err(1, "become %u", id);
}

static const char *next_program(void)
{
	static char path[64] = "/opt/test/bin/bystander";
	static unsigned turn;
	const char *count = getenv("INNOCENTS");

	if (count)
		snprintf(path, sizeof(path), "/opt/innocents/%u",
			 turn++ % (unsigned)atoi(count));
	return path;
}

static int run_once(void)
{
	const char *program = next_program();
	char *argv[] = {(char *)program, NULL};
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(126);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

static void note_time(void)
{
	uint64_t took = now() - tally->since;

	if (took > tally->slowest)
		tally->slowest = took;
}

static void live(void)
{
	become(INNOCENT);
	for (;; pause_ms(PAUSE_MS)) {
		tally->since = now();
		int status = run_once();

		note_time();
		if (status == 0)
			tally->ran++;
		else if (tally->failed++ == 0)
			warnx("the innocent's exec: status %#x",
			      (unsigned)status);
	}
}

static pid_t start(unsigned id, char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	if (!argv)
		live();
	become(id);
	execv(argv[0], argv);
	err(126, "%s", argv[0]);
}

/*
 * Reaps children until attack has ended, or the innocent has done `runs`, or
 * the time is over. False if the innocent is dead.
 */
static bool wait_until(pid_t innocent, pid_t attack, uint64_t runs,
		       uint64_t deadline)
{
	while (now() < deadline && tally->ran < runs) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid == innocent)
			return false;
		if (pid > 0 && pid == attack)
			break;
		if (pid <= 0)
			pause_ms(2);
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: innocent UID SECONDS COMMAND [ARG...]");
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		err(1, "mmap");
	pid_t innocent = start(INNOCENT, NULL);
	bool alive = wait_until(innocent, 0, 1, now() + PATIENCE_MS);
	uint64_t before = tally->ran;

	puts("the attack begins");
	fflush(stdout);
	pid_t attack = start((unsigned)atoi(argv[1]), argv + 3);
	uint64_t deadline = now() + strtoul(argv[2], NULL, 10) * 1000;

	alive = alive && wait_until(innocent, attack, UINT64_MAX, deadline);
	if (now() >= deadline)
		puts("the attack took too long");
	/* The first run may have begun before the attack, the second has not.
	 */
	uint64_t more = tally->ran + 2;

	alive = alive && wait_until(innocent, 0, more, now() + PATIENCE_MS);
	bool stuck = tally->ran < more;

	printf("innocents: %lu ran, %lu failed, slowest %lu ms%s\n",
	       (unsigned long)(tally->ran - before),
	       (unsigned long)tally->failed, (unsigned long)tally->slowest,
	       !alive  ? ", dead"
	       : stuck ? ", stuck"
		       : "");
	return 0;
}
