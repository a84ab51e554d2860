/*
 * fanheld HOW FILE [CONTENT] - executes FILE, on which it has a fanotify mark:
 * a process that opens it (fanotify(7), FAN_OPEN_PERM) or reads it
 * (FAN_ACCESS_PERM) waits for the answer. HOW is
 *
 *   late      it answers after 20 s, longer than anybody should wait
 *   reads     so it does to who reads; who opens needn't wait
 *   body      so it does to who reads, but for the first reads from outside of
 *             its pid namespace: of the ELF header and each program header
 *   swap      it answers at once, but when the kernel opens FILE to execute it
 *             CONTENT takes its place first
 *   swap-back as swap, and FILE has its own content again for who opens next
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LATE_S = 20 };

static unsigned looks; /* reads from outside of the pid namespace */

static struct content {
	char bytes[4 * 1024 * 1024];
	ssize_t size;
} own, other;

static void load(const char *path, struct content *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ret->size = fd < 0 ? -1 : read(fd, ret->bytes, sizeof(ret->bytes));
	if (ret->size <= 0)
		err(1, "%s", path);
	close(fd);
}

static bool swaps(const char *how)
{
	return strncmp(how, "swap", 4) == 0;
}

static int mark(const char *path, uint64_t mask, const char *how)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK |
				       FAN_UNLIMITED_QUEUE,
			       (swaps(how) ? O_RDWR : O_RDONLY) | O_CLOEXEC);

	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, mask, AT_FDCWD, path) < 0)
		err(1, "fanotify mark on %s", path);
	return fd;
}

static pid_t execute(const char *path)
{
	char *args[] = {(char *)path, NULL};
	pid_t child = fork();

	if (child == 0) {
		execv(path, args);
		err(126, "%s", path);
	}
	return child;
}

/* An event's descriptor itself makes no event. */
static void put(int fd, const struct content *content)
{
	if (pwrite(fd, content->bytes, (size_t)content->size, 0) < 0)
		warn("swap");
}

static void answer(int group, int fd)
{
	struct fanotify_response response = {.fd = fd, .response = FAN_ALLOW};

	if (write(group, &response, sizeof(response)) < 0 && errno != ENOENT)
		warn("answer");
}

/* An open to execute is two events, this one first. */
static void handle(int group, const struct fanotify_event_metadata *event,
		   const char *how)
{
	static bool executes;
	bool same = executes;

	looks += event->pid == 0;
	executes = event->mask & FAN_OPEN_EXEC_PERM;
	if (executes && swaps(how))
		put(event->fd, &other);
	else if (!same && strcmp(how, "swap-back") == 0)
		put(event->fd, &own);
	/* Close it first: a file that is open for writing isn't executed. */
	close(event->fd);
	answer(group, event->fd);
}

static unsigned headers(void)
{
	Elf64_Ehdr header;

	memcpy(&header, own.bytes, sizeof(header));
	return 1U + header.e_phnum;
}

static bool ended(pid_t child)
{
	return waitpid(child, NULL, WNOHANG) != 0;
}

static void serve(int group, const char *how, pid_t child)
{
	char buffer[4096] __attribute__((
		aligned(_Alignof(struct fanotify_event_metadata))));
	time_t until = time(NULL) + LATE_S;

	while (!ended(child)) {
		bool late = strcmp(how, "body") == 0 ? looks >= headers()
						     : !swaps(how);
		struct pollfd ready = {.fd = group, .events = POLLIN};
		const struct fanotify_event_metadata *event;
		ssize_t n;

		if (late && time(NULL) < until) {
			usleep(10000);
			continue;
		}
		(void)poll(&ready, 1, 10);
		n = read(group, buffer, sizeof(buffer));
		event = (const void *)buffer;
		for (; n > 0 && FAN_EVENT_OK(event, n);
		     event = FAN_EVENT_NEXT(event, n))
			if (event->fd >= 0)
				handle(group, event, how);
			else
				warnx("an event without a file: %d", event->fd);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: fanheld HOW FILE [CONTENT]");
	bool reads =
		strcmp(argv[1], "reads") == 0 || strcmp(argv[1], "body") == 0;
	uint64_t mask =
		reads ? FAN_ACCESS_PERM : FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM;

	load(argv[2], &own);
	if (argc > 3)
		load(argv[3], &other);
	int group = mark(argv[2], mask, argv[1]);

	serve(group, argv[1], execute(argv[2]));
	return 0;
}
