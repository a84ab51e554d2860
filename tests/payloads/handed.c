/*
 * handed HOW FILE - executes a memory file that pretends not to change any
 * more. HOW is
 *
 *   later        FILE is a switch: a seal keeps later writers out, and a
 *                mapping that was there before turns it
 *   socket       with all seals, handed to another process by a socket
 *   interpreter  with all seals, as the interpreter of a script
 *   library      with all seals, loaded by a program of the image
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static char *program[] = {"handed", NULL};

static int copy(const char *file)
{
	int from = open(file, O_RDONLY | O_CLOEXEC);
	int to = memfd_create("handed", MFD_ALLOW_SEALING);
	char buffer[65536];
	ssize_t n;

	if (from < 0 || to < 0)
		err(1, "%s", file);
	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			err(1, "write to memory");
	return to;
}

static void seal(int fd, int against)
{
	if (fcntl(fd, F_ADD_SEALS,
		  against | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		err(1, "seal");
}

static void execute(int fd)
{
	syscall(SYS_execveat, fd, "", program, environ, AT_EMPTY_PATH);
	err(126, "execveat");
}

static void later(int fd)
{
	static const char state[] = "runmoor-test-switch=n";
	struct stat st;
	char *view, *at;

	if (fstat(fd, &st) < 0)
		err(1, "fstat");
	view = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (view == MAP_FAILED)
		err(1, "mmap");
	seal(fd, F_SEAL_FUTURE_WRITE);
	at = memmem(view, (size_t)st.st_size, state, sizeof(state) - 1);
	if (!at)
		errx(1, "no switch");
	at[sizeof(state) - 2] = 'y';
	execute(fd);
}

static void by_socket(int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 'x';
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		err(1, "socketpair");
	if (fork() == 0) {
		control.head =
			(struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		_exit(sendmsg(pair[0], &message, 0) != 1);
	}
	wait(NULL);
	if (recvmsg(pair[1], &message, 0) != 1)
		err(1, "recvmsg");
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	execute(fd);
}

static void by_script(int fd)
{
	FILE *script = fopen("/tmp/handed.script", "w");

	if (!script)
		err(1, "/tmp/handed.script");
	fprintf(script, "#!/proc/self/fd/%d /tmp/marker\n", fd);
	fchmod(fileno(script), 0755);
	fclose(script);
	execve("/tmp/handed.script", program, environ);
	err(126, "/tmp/handed.script");
}

static void as_library(int fd)
{
	char preload[64];
	char *argv[] = {"true", NULL};

	snprintf(preload, sizeof(preload), "LD_PRELOAD=/proc/self/fd/%d", fd);
	execve("/bin/true", argv, (char *[]){preload, NULL});
	err(126, "/bin/true");
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: handed HOW FILE");
	int fd = copy(argv[2]);

	if (strcmp(argv[1], "later") == 0)
		later(fd);
	seal(fd, F_SEAL_WRITE);
	if (strcmp(argv[1], "socket") == 0)
		by_socket(fd);
	if (strcmp(argv[1], "interpreter") == 0)
		by_script(fd);
	if (strcmp(argv[1], "library") == 0)
		as_library(fd);
	errx(2, "no way called %s", argv[1]);
}
