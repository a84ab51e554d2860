/*
 * race HOW LISTED UNLISTED COUNT - executes a name COUNT times while a thread
 * keeps flipping what the name means between a program of the image and one
 * that isn't. Prints "ok N denied N killed N other N"; the unlisted program
 * keeps its own count. HOW is
 *
 *   path   the string itself, in shared memory, in the one byte that differs
 *   link   a symbolic link, by rename(2)
 *   fd     a descriptor shared by CLONE_FILES, by dup2(2)
 *   cwd    the working directory shared by CLONE_FS, by chdir(2)
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLIPPED_FD = 100 };

static const char *names[2]; /* listed, unlisted */
static char *shared;	     /* path: the string that is executed */
static size_t differs;	     /* path: where the two names differ  */
static int fds[2];
static char dirs[2][4096];
static const char *base;

static void path_init(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (names[0][differs] == names[1][differs] && names[0][differs])
		differs++;
	if (shared == MAP_FAILED || strlen(names[0]) >= 4096 ||
	    strcmp(names[0] + differs + 1, names[1] + differs + 1) != 0)
		errx(2, "the names must differ in one byte");
	strcpy(shared, names[0]);
}

static void path_flip(bool to)
{
	*(volatile char *)(shared + differs) = names[to][differs];
	for (volatile int pause = 0; pause < 2000; pause++)
		;
}

static void path_exec(char **argv)
{
	execve(shared, argv, environ);
}

static void link_flip(bool to)
{
	if (symlink(names[to], "/tmp/race.new") < 0 ||
	    rename("/tmp/race.new", "/tmp/race.link") < 0)
		err(1, "flip the link");
}

static void link_init(void)
{
	link_flip(false);
}

static void link_exec(char **argv)
{
	execve("/tmp/race.link", argv, environ);
}

static void fd_flip(bool to)
{
	dup3(fds[to], FLIPPED_FD, O_CLOEXEC);
}

static void fd_init(void)
{
	for (int i = 0; i < 2; i++)
		fds[i] = open(names[i], O_RDONLY | O_CLOEXEC);
	fd_flip(false);
}

static void fd_exec(char **argv)
{
	syscall(SYS_execveat, FLIPPED_FD, "", argv, environ, AT_EMPTY_PATH);
}

static void cwd_flip(bool to)
{
	if (chdir(dirs[to]) < 0)
		err(1, "chdir %s", dirs[to]);
}

/* The two programs have one base name, in two directories. */
static void cwd_init(void)
{
	for (int i = 0; i < 2; i++) {
		snprintf(dirs[i], sizeof(dirs[i]), "%s", names[i]);
		dirname(dirs[i]);
	}
	base = strrchr(names[0], '/') + 1;
	cwd_flip(false);
}

static void cwd_exec(char **argv)
{
	execve(base, argv, environ);
}

static const struct way {
	const char *name;
	void (*init)(void);
	void (*flip)(bool to);
	void (*exec)(char **argv);
	unsigned long sharing; /* flags of clone(2) */
} ways[] = {
	{"path", path_init, path_flip, path_exec, 0},
	{"link", link_init, link_flip, link_exec, 0},
	{"fd", fd_init, fd_flip, fd_exec, CLONE_FILES},
	{"cwd", cwd_init, cwd_flip, cwd_exec, CLONE_FS},
};

static void *flip_forever(void *way)
{
	for (bool to = true;; to = !to)
		((const struct way *)way)->flip(to);
	return NULL;
}

static int run(const struct way *way)
{
	char *argv[] = {(char *)names[0], NULL};
	int status;
	long pid = syscall(SYS_clone, way->sharing | SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		err(1, "clone");
	if (pid == 0) {
		way->exec(argv);
		_exit(errno == EACCES ? 126 : 125);
	}
	if (waitpid((pid_t)pid, &status, 0) != pid)
		err(1, "waitpid");
	return status;
}

int main(int argc, char **argv)
{
	unsigned ok = 0, denied = 0, killed = 0, other = 0;
	const struct way *way = ways;
	pthread_t thread;

	if (argc != 5)
		errx(2, "usage: race HOW LISTED UNLISTED COUNT");
	while (way < ways + 4 && strcmp(way->name, argv[1]) != 0)
		way++;
	if (way == ways + 4)
		errx(2, "no race called %s", argv[1]);
	names[0] = argv[2];
	names[1] = argv[3];
	way->init();
	if (pthread_create(&thread, NULL, flip_forever, (void *)way))
		errx(1, "no thread");
	for (long i = atol(argv[4]); i > 0; i--) {
		int status = run(way);

		if (status == 0)
			ok++;
		else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
			denied++;
		else
			other++;
	}
	printf("ok %u denied %u killed %u other %u\n", ok, denied, killed,
	       other);
	return 0;
}
