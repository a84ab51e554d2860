/*
 * race HOW LISTED UNLISTED COUNT [PROGRAM [LINK]] - executes PROGRAM (LISTED,
 * unless given) COUNT times while a thread or process keeps changing the file
 * that the name means, between a program of the image and one that isn't.
 * Prints "ok N denied N killed N other N"; the unlisted program keeps its own
 * count. HOW is
 *
 *   path            the string itself, in the one byte that differs: a thread
 *   path-vm         ... a child with CLONE_VM, which is no thread
 *   path-shared     ... another process, in a page mapped MAP_SHARED
 *   path-writev     ... another process, by process_vm_writev(2)
 *   path-mem        ... another process, by /proc/PID/mem
 *   path-held       ... a thread, and who executes is a child, by CLONE_PTRACE,
 *                   of one whose own exec has just failed
 *   link            LINK (or /tmp/race.link), a symbolic link, by rename(2)
 *   rename          LISTED and UNLISTED by three rename(2)
 *   exchange        ... by RENAME_EXCHANGE
 *   dirfd           ... and PROGRAM is relative to a descriptor of their folder
 *   fd              a descriptor shared by CLONE_FILES, by dup2(2)
 *   fd-folder       ... of a folder; PROGRAM is relative to it
 *   cwd             the working directory shared by CLONE_FS, by chdir(2)
 *   root            the root shared by CLONE_FS, by chroot(2)
 *   content         the byte of a "switch" in LISTED, by pwrite(2)
 *   content-mapped  ... in a mapping that outlives its descriptor
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLIPPED_FD = 100 };

static const char *names[2]; /* listed, unlisted	      */
static const char *program;  /* what is executed	      */
static const char *flipped = "/tmp/race.link";
static char *string;	      /* path: it, in memory of its own */
static size_t differs;	      /* path: where the names differ   */
static _Atomic pid_t *target; /* the process that is about to execute it ... */
static _Atomic pid_t *found;  /* ... as the writer has found it */
static int fds[2], folder;
static char dirs[2][4096];
static char *content; /* content-mapped: the file */
static off_t byte;    /* content: where the switch is */

static void briefly(void)
{
	for (volatile int pause = 0; pause < 2000; pause++)
		;
}

static void *page(int sharing)
{
	void *where = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS, -1, 0);

	if (where == MAP_FAILED)
		err(1, "mmap");
	return where;
}

static void string_init(int sharing)
{
	string = page(sharing);
	target = page(MAP_SHARED);
	found = target + 1;
	while (names[0][differs] == names[1][differs] && names[0][differs])
		differs++;
	if (strlen(names[0]) >= 4096 ||
	    strcmp(names[0] + differs + 1, names[1] + differs + 1) != 0)
		errx(2, "the names must differ in one byte");
	strcpy(string, names[0]);
}

static void shared_string_init(void)
{
	string_init(MAP_SHARED);
}

static void private_string_init(void)
{
	string_init(MAP_PRIVATE);
}

static void string_flip(bool to)
{
	*(volatile char *)(string + differs) = names[to][differs];
	briefly();
}

/* The neighbour's writes fail while the process doesn't exist. */
static void string_writev(bool to)
{
	struct iovec from = {(char *)names[to] + differs, 1};
	struct iovec into = {string + differs, 1};

	pid_t now = *target;

	process_vm_writev(now, &from, 1, &into, 1, 0);
	*found = now;
	briefly();
}

static void string_write_mem(bool to)
{
	static int mem = -1;
	static pid_t whose;
	pid_t now = *target;
	char path[32];

	if (now != whose) {
		snprintf(path, sizeof(path), "/proc/%d/mem", now);
		close(mem);
		mem = open(path, O_WRONLY | O_CLOEXEC);
		whose = mem < 0 ? 0 : now;
	}
	if (mem >= 0 &&
	    pwrite(mem, names[to] + differs, 1, (off_t)(string + differs)) < 0)
		whose = 0;
	*found = now;
	briefly();
}

static void string_exec(char **argv)
{
	execve(string, argv, environ);
}

static void announced_exec(char **argv)
{
	pid_t self = (pid_t)syscall(SYS_getpid);

	*target = self;
	while (*found != self)
		sched_yield();
	for (int i = 0; i < 5; i++)
		briefly();
	execve(string, argv, environ);
}

static void name_exec(char **argv)
{
	execve(program, argv, environ);
}

static void link_flip(bool to)
{
	char new[4096];

	snprintf(new, sizeof(new), "%s.new", flipped);
	if (symlink(names[to], new) < 0 || rename(new, flipped) < 0)
		err(1, "flip the link");
}

static void link_init(void)
{
	link_flip(false);
	if (program == names[0])
		program = flipped;
}

static void rename_flip(bool to)
{
	const char *old = "/tmp/race.old";

	if (to ? rename(names[0], old) < 0 || rename(names[1], names[0]) < 0
	       : rename(names[0], names[1]) < 0 || rename(old, names[0]) < 0)
		err(1, "rename");
	briefly();
}

static void exchange_flip(bool to)
{
	(void)to;
	if (renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) <
	    0)
		err(1, "exchange");
	briefly();
}

static void dirfd_init(void)
{
	char parent[4096];

	snprintf(parent, sizeof(parent), "%s", names[0]);
	folder = open(dirname(parent), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void dirfd_exec(char **argv)
{
	syscall(SYS_execveat, folder, program, argv, environ, 0);
}

static void fd_flip(bool to)
{
	dup3(fds[to], FLIPPED_FD, O_CLOEXEC);
}

static void fd_init(void)
{
	for (int i = 0; i < 2; i++) {
		fds[i] = open(names[i], O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			err(1, "%s", names[i]);
	}
	fd_flip(false);
}

static void fd_exec(char **argv)
{
	syscall(SYS_execveat, FLIPPED_FD, "", argv, environ, AT_EMPTY_PATH);
}

static void fd_folder_exec(char **argv)
{
	syscall(SYS_execveat, FLIPPED_FD, program, argv, environ, 0);
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
	program = strrchr(names[0], '/') + 1;
	cwd_flip(false);
}

/* The descriptors lead out of any root. */
static void root_flip(bool to)
{
	if (fchdir(fds[to]) < 0 || chroot(".") < 0)
		err(1, "chroot to %s", names[to]);
}

static void content_init(void)
{
	static const char before[] = "runmoor-test-switch=";
	int fd = open(names[0], O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		err(1, "%s", names[0]);
	content = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		       MAP_SHARED, fd, 0);
	if (content == MAP_FAILED)
		err(1, "map %s", names[0]);
	char *at =
		memmem(content, (size_t)st.st_size, before, sizeof(before) - 1);

	if (!at)
		errx(2, "%s has no switch", names[0]);
	byte = at - content + (off_t)sizeof(before) - 1;
	close(fd);
}

static void content_unmapped_init(void)
{
	struct stat st;

	content_init();
	if (stat(names[0], &st) < 0 || munmap(content, (size_t)st.st_size) < 0)
		err(1, "unmap %s", names[0]);
}

/* The kernel refuses this while the program runs; no program runs at this
 * moment. */
static void content_flip(bool to)
{
	int fd = open(names[0], O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (pwrite(fd, to ? "y" : "n", 1, byte) != 1)
			err(1, "write %s", names[0]);
		close(fd);
	}
	for (int i = 0; i < 50; i++)
		briefly();
}

static void content_mapped_flip(bool to)
{
	((volatile char *)content)[byte] = to ? 'y' : 'n';
	for (int i = 0; i < 50; i++)
		briefly();
}

static void nothing(void)
{
}

enum flipper { THREAD, VM_CHILD, NEIGHBOUR };

static const struct way {
	const char *name;
	void (*init)(void);
	void (*flip)(bool to);
	void (*exec)(char **argv);
	unsigned long sharing; /* flags of clone(2) for the executing process */
	enum flipper flipper;
} ways[] = {
	{"path", shared_string_init, string_flip, string_exec, 0, THREAD},
	{"path-vm", shared_string_init, string_flip, string_exec, 0, VM_CHILD},
	{"path-shared", shared_string_init, string_flip, string_exec, 0,
	 NEIGHBOUR},
	{"path-writev", private_string_init, string_writev, announced_exec, 0,
	 NEIGHBOUR},
	{"path-mem", private_string_init, string_write_mem, announced_exec, 0,
	 NEIGHBOUR},
	{"path-held", shared_string_init, string_flip, string_exec,
	 CLONE_PTRACE, THREAD},
	{"link", link_init, link_flip, name_exec, 0, THREAD},
	{"rename", nothing, rename_flip, name_exec, 0, THREAD},
	{"exchange", nothing, exchange_flip, name_exec, 0, THREAD},
	{"dirfd", dirfd_init, exchange_flip, dirfd_exec, 0, THREAD},
	{"fd", fd_init, fd_flip, fd_exec, CLONE_FILES, THREAD},
	{"fd-folder", fd_init, fd_flip, fd_folder_exec, CLONE_FILES, THREAD},
	{"cwd", cwd_init, cwd_flip, name_exec, CLONE_FS, THREAD},
	{"root", fd_init, root_flip, name_exec, CLONE_FS, THREAD},
	{"content", content_unmapped_init, content_flip, name_exec, 0, THREAD},
	{"content-mapped", content_init, content_mapped_flip, name_exec, 0,
	 THREAD},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void *flip_forever(void *way)
{
	for (bool to = true;; to = !to)
		((const struct way *)way)->flip(to);
	return NULL;
}

static int flip_in_child(void *way)
{
	flip_forever(way);
	return 0;
}

/* The process that flips, or 0 where it is a thread. */
static pid_t start_flipper(const struct way *way)
{
	static char stack[65536] __attribute__((aligned(16)));
	pthread_t thread;
	pid_t pid = 0;

	switch (way->flipper) {
	case THREAD:
		if (pthread_create(&thread, NULL, flip_forever, (void *)way))
			errx(1, "no thread");
		break;
	case VM_CHILD:
		pid = clone(flip_in_child, stack + sizeof(stack),
			    CLONE_VM | SIGCHLD, (void *)way);
		break;
	case NEIGHBOUR:
		pid = fork();
		if (pid == 0)
			flip_forever((void *)way);
		break;
	}
	if (pid < 0)
		err(1, "start the flipper");
	return pid;
}

/* A too long argument makes the exec fail in the kernel, after runmoor's
 * judgement. */
static void fail(void)
{
	static char arg[1 << 18];
	char *argv[] = {arg, NULL};

	memset(arg, 'a', sizeof(arg) - 1);
	execve(names[0], argv, environ);
}

struct attempt {
	const struct way *way;
	char **argv;
};

static int execute(void *attempt)
{
	const struct attempt *a = attempt;

	a->way->exec(a->argv);
	_exit(errno == EACCES ? 126 : 125);
}

/* The child runs in our memory, and we wait, as with vfork(2): a copy of the
 * memory would take longer than all the rest. */
static int run(const struct way *way)
{
	static char stack[65536] __attribute__((aligned(16)));
	char *argv[] = {(char *)names[0], NULL};
	struct attempt attempt = {way, argv};
	int flags = (int)way->sharing | CLONE_VM | CLONE_VFORK | SIGCHLD;
	int status;

	if (way->sharing & CLONE_PTRACE)
		fail();
	pid_t pid = clone(execute, stack + sizeof(stack), flags, &attempt);

	if (pid < 0)
		err(1, "clone");
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	return status;
}

int main(int argc, char **argv)
{
	unsigned ok = 0, denied = 0, killed = 0, other = 0;
	const struct way *way = ways;

	if (argc < 5)
		errx(2,
		     "usage: race HOW LISTED UNLISTED COUNT [PROGRAM [LINK]]");
	while (way < ways + WAYS && strcmp(way->name, argv[1]) != 0)
		way++;
	if (way == ways + WAYS)
		errx(2, "no race called %s", argv[1]);
	names[0] = argv[2];
	names[1] = argv[3];
	program = argc > 5 ? argv[5] : names[0];
	flipped = argc > 6 ? argv[6] : flipped;
	way->init();
	pid_t flipper = start_flipper(way);

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
	if (flipper > 0)
		kill(flipper, SIGKILL);
	printf("ok %u denied %u killed %u other %u\n", ok, denied, killed,
	       other);
	return 0;
}
