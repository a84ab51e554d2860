/*
 * scriptrace INTERPRETER LISTED UNLISTED TRIES - has the interpreter run a
 * script by a link, which another process turns from one to the other all the
 * while, and prints how often it ended well, was refused, and was killed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK "/tmp/scriptrace.link"

static pid_t turn(char **targets)
{
	pid_t pid = fork();

	for (int i = 0; pid == 0; i ^= 1) {
		unlink(LINK ".new");
		if (symlink(targets[i], LINK ".new") == 0)
			rename(LINK ".new", LINK);
	}
	return pid;
}

static int run(const char *interpreter)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl(interpreter, interpreter, LINK, (char *)NULL);
		_exit(errno == EACCES ? 126 : 127);
	}
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waitpid");
	return status;
}

int main(int argc, char **argv)
{
	int ok = 0, refused = 0, killed = 0, other = 0;

	if (argc != 5)
		errx(2, "usage: scriptrace INTERPRETER LISTED UNLISTED TRIES");
	unlink(LINK);
	if (symlink(argv[2], LINK) < 0)
		err(1, LINK);
	pid_t turner = turn(argv + 2);

	for (int i = atoi(argv[4]); i > 0; i--) {
		int status = run(argv[1]);

		if (WIFSIGNALED(status))
			killed += WTERMSIG(status) == SIGKILL;
		else if (WEXITSTATUS(status) == 0)
			ok++;
		else if (WEXITSTATUS(status) == 126)
			refused++;
		else
			other++;
	}
	kill(turner, SIGKILL);
	printf("ok %d refused %d killed %d other %d\n", ok, refused, killed,
	       other);
	return 0;
}
