#include "file.h"

#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* The working folder is one of the test's own. */
static char folder[] = "/tmp/runmoor-file-test.XXXXXX";

static void put(const char *path, const char *text)
{
	OWNED(close_owned)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || file_write_all(fd, text, strlen(text)) < 0)
		abort();
}

static bool holds(const char *path, const char *text)
{
	OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

	return file_read(AT_FDCWD, path, 100, &b, NULL) == 0 &&
	       b.len == strlen(text) &&
	       (!b.len || memcmp(b.data, text, b.len) == 0);
}

/* Names in a folder, and nothing else is there. */
static size_t count_names(const char *path)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count - 2;
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	OWNED(close_owned)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
}

static const struct {
	const char *name;
	const char *path;
	size_t limit;
	int code;
} unread[] = {
	{"a pipe that nobody writes to", "pipe", 100, EINVAL},
	{"a link to one", "pipe-link", 100, EINVAL},
	{"a folder", "folder", 100, EINVAL},
	{"a device without an end", "/dev/zero", 100, EINVAL},
	{"a terminal", "/dev/ptmx", 100, EINVAL},
	{"a socket", "socket", 100, ENXIO},
	{"a file that is missing", "missing", 100, ENOENT},
	{"a link that leads nowhere", "dangling", 100, ENOENT},
	{"a link to itself", "loop", 100, ELOOP},
	{"a file in a file", "three/x", 100, ENOTDIR},
	{"a file whose first page isn't there", "/proc/self/mem", 100, EIO},
	{"no path", "", 100, ENOENT},
	{"a byte more than the limit", "three", 2, EFBIG},
	{"anything, where the limit is nothing", "three", 0, EFBIG},
	{"more than one reading takes", "large", 65535, EFBIG},
	{"a file that says it is empty, and isn't", "/proc/self/maps", 10,
	 EFBIG},
};

static void check_unread(void)
{
	const char *const named[] = {"pipe", "folder", "/dev/zero", "missing",
				     "three"};
	struct err e = {0};

	for (size_t i = 0; i < ARRAY_LEN(unread); i++) {
		OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

		e.code = 0;
		(void)alarm(30);
		CHECK(unread[i].name, file_read(AT_FDCWD, unread[i].path,
						unread[i].limit, &b, &e) < 0);
		(void)alarm(0);
		CHECK(unread[i].name, e.code == unread[i].code);
		CHECK(unread[i].name, b.len <= unread[i].limit);
	}
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

		CHECK("a refusal names the file",
		      file_read(AT_FDCWD, named[i], 1, &b, &e) < 0 &&
			      strstr(e.text, named[i]));
	}
}

static void check_read(void)
{
	OWNED(close_owned) int dir = open("folder", O_RDONLY | O_CLOEXEC);
	OWNED(buffer_clear) struct buffer b = BUFFER_INIT;

	CHECK("no more than the limit",
	      file_read(AT_FDCWD, "three", 3, &b, NULL) == 0 && b.len == 3);
	CHECK("appended, below a folder",
	      file_read(dir, "four", 4, &b, NULL) == 0 && b.len == 7 &&
		      strcmp(b.data, "abcdefg") == 0);
	CHECK("nothing, where nothing is the limit",
	      file_read(AT_FDCWD, "empty", 0, &b, NULL) == 0 && b.len == 7);
	CHECK("a link",
	      file_read(AT_FDCWD, "link", 3, &b, NULL) == 0 && b.len == 10);
	CHECK("more than one reading takes",
	      file_read(AT_FDCWD, "large", 65536, &b, NULL) == 0 &&
		      b.len == 65546 && b.data[65545] == 'x');
	CHECK("a file that says it is empty",
	      file_read(AT_FDCWD, "/proc/self/stat", 10000, &b, NULL) == 0 &&
		      b.len > 65546);
}

/* Writing more than a few bytes fails, as it does on a full disk. */
static int publish_full(const char *path, struct err *e)
{
	struct rlimit before;
	struct rlimit full;
	char bytes[1024] = "";
	int rc;

	if (getrlimit(RLIMIT_FSIZE, &before) < 0 ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		abort();
	full = before;
	full.rlim_cur = 10;
	if (setrlimit(RLIMIT_FSIZE, &full) < 0)
		abort();
	rc = file_publish(path, bytes, sizeof(bytes), 0600, e);
	if (setrlimit(RLIMIT_FSIZE, &before) < 0)
		abort();
	return rc;
}

static void check_unpublished(void)
{
	size_t names = count_names(".");
	struct err e = {0};

	CHECK("over a folder",
	      file_publish("folder", "x", 1, 0600, &e) < 0 && e.code == EISDIR);
	CHECK("below a folder that is missing",
	      file_publish("missing/x", "x", 1, 0600, &e) < 0 &&
		      e.code == ENOENT);
	CHECK("below a file", file_publish("three/x", "x", 1, 0600, &e) < 0 &&
				      e.code == ENOTDIR);
	CHECK("on a full disk",
	      publish_full("three", &e) < 0 && e.code == EFBIG);
	CHECK("on a full disk, a new file", publish_full("new", &e) < 0);
	CHECK("a refusal names the file", strstr(e.text, "new"));
	CHECK("what was there is there", holds("three", "abc"));
	CHECK("and nothing else", count_names(".") == names);
}

static void check_publish(void)
{
	OWNED(buffer_clear) struct buffer b = BUFFER_INIT;
	OWNED(buffer_clear) struct buffer first = BUFFER_INIT;
	OWNED(close_owned) int old = -1;
	size_t names = count_names(".");
	struct stat st = {0};
	char byte = 0;

	(void)umask(077);
	CHECK("a new file",
	      file_publish("published", "old", 3, 0644, NULL) == 0 &&
		      holds("published", "old"));
	CHECK("its mode, whatever the umask",
	      stat("published", &st) == 0 && st.st_mode == (S_IFREG | 0644));
	old = open("published", O_RDONLY | O_CLOEXEC);
	CHECK("over another, read-only",
	      file_publish("published", "", 0, 0400, NULL) == 0 &&
		      holds("published", ""));
	CHECK("its mode, not the other's",
	      stat("published", &st) == 0 && st.st_mode == (S_IFREG | 0400));
	CHECK("who has the other open reads the other",
	      read(old, &byte, 1) == 1 && byte == 'o');
	CHECK("over a link, not through it",
	      file_publish("link", "new", 3, 0600, NULL) == 0 &&
		      holds("link", "new") && holds("three", "abc"));
	CHECK("bytes of any kind",
	      file_publish("published", "a\0b", 3, 0600, NULL) == 0 &&
		      file_read(AT_FDCWD, "published", 3, &b, NULL) == 0 &&
		      b.len == 3 && b.data[2] == 'b');
	CHECK("the first of a name stays",
	      file_publish_first("published", "x", 1, 0600, NULL) == 0 &&
		      file_read(AT_FDCWD, "published", 3, &first, NULL) == 0 &&
		      first.len == 3);
	CHECK("nothing is left beside it", count_names(".") == names + 1);
	CHECK("it is published where there is none",
	      unlink("published") == 0 &&
		      file_publish_first("published", "x", 1, 0400, NULL) ==
			      0 &&
		      holds("published", "x"));
	CHECK("nor then", count_names(".") == names + 1);
	(void)umask(022);
}

static void check_folders(void)
{
	char path[sizeof(folder) + 16];
	struct stat st = {0};
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/p/q/r", folder);
	CHECK("three folders", file_make_dirs(path, 0700, NULL) == 0);
	CHECK("the last of them",
	      stat("p/q/r", &st) == 0 && st.st_mode == (S_IFDIR | 0700));
	CHECK("the first of them",
	      stat("p", &st) == 0 && st.st_mode == (S_IFDIR | 0700));
	CHECK("they are there already", file_make_dirs(path, 0700, NULL) == 0);
	CHECK("slashes too many", file_make_dirs("p//q/s/", 0700, NULL) == 0 &&
					  access("p/q/s", F_OK) == 0);
	CHECK("a link to a folder is one",
	      symlink("q", "p/link") == 0 &&
		      file_make_dirs("p/link/t", 0700, NULL) == 0 &&
		      access("p/q/t", F_OK) == 0);
	CHECK("a file in the way",
	      file_make_dirs("three/x", 0700, &e) < 0 && e.code == ENOTDIR);
	CHECK("a file in its place", file_make_dirs("three", 0700, &e) < 0);
}

static void prepare(void)
{
	OWNED(buffer_clear) struct buffer large = BUFFER_INIT;

	buffer_printf(&large, "%65535sx", "");
	put("three", "abc");
	put("empty", "");
	put("large", large.data);
	make_socket("socket");
	if (mkdir("folder", 0755) < 0 || mkfifo("pipe", 0600) < 0 ||
	    symlink("pipe", "pipe-link") < 0 || symlink("three", "link") < 0 ||
	    symlink("missing", "dangling") < 0 || symlink("loop", "loop") < 0)
		abort();
	put("folder/four", "defg");
}

static void tidy_up(void)
{
	static const char *const files[] = {
		"three",  "empty",     "large",	      "socket",
		"pipe",	  "pipe-link", "link",	      "loop",
		"p/link", "dangling",  "folder/four", "published",
	};
	static const char *const folders[] = {"folder", "p/q/r", "p/q/s",
					      "p/q/t",	"p/q",	 "p"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlink(files[i]);
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		(void)rmdir(folders[i]);
	CHECK("nothing is left", rmdir(folder) == 0);
}

int main(void)
{
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return EXIT_FAILURE;
	(void)umask(022);
	prepare();
	check_unread();
	check_read();
	check_unpublished();
	check_publish();
	check_folders();
	tidy_up();
	TEST_END();
}
