/*
 * runmoor-trial - the only program of the container that moorctl doctor starts.
 * Its exit status is the result:
 *
 *   0   the image's other program ran, and one that was made just now didn't
 *   10  the other program was refused
 *   11  the new one ran
 *   12  something else went wrong
 *
 * Static: there is no library, and nothing but this file, in that container.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAW_ALL = 0, SAW_REFUSED = 10, SAW_DRIFT = 11, SAW_NOTHING = 12 };

/* A copy of this program, one byte longer, so that its digest is another. */
static bool make_drift(const char *path)
{
	char chunk[65536];
	int from = open("/trial", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	bool made = from >= 0 && to >= 0;
	ssize_t n;

	while (made && (n = read(from, chunk, sizeof(chunk))) != 0)
		made = n > 0 && write(to, chunk, (size_t)n) == n;
	made = made && write(to, "", 1) == 1;
	if (from >= 0)
		(void)close(from);
	if (to >= 0)
		(void)close(to);
	return made;
}

/* 0, or the errno with which path can't be executed; -1: it didn't exit with
 * 0. */
static int execute(const char *path)
{
	char *argv[] = {(char *)path, (char *)"ran", NULL};
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		(void)execve(path, argv, argv + 2);
		_exit(errno);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int main(int argc, char *argv[])
{
	int drift;

	if (argc == 2 && strcmp(argv[1], "ran") == 0)
		return 0;
	if (execute("/listed") != 0)
		return SAW_REFUSED;
	if (!make_drift("/unlisted"))
		return SAW_NOTHING;
	drift = execute("/unlisted");
	if (drift == 0)
		return SAW_DRIFT;
	return drift == EACCES ? SAW_ALL : SAW_NOTHING;
}
