#include "bundle_internal.h"

#include "file.h"
#include "test.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[] = "/tmp/bundle-test.XXXXXX";

static const char original[] = "{\"ociVersion\":\"1.0.2\"}";
static char rewritten[] = "{\"ociVersion\":\"1.0.2\",\"mark\":\"M\"}";
static const char mark[] = "\"mark\":\"M\"";

static void put(const char *name, const char *text)
{
	if (file_publish(name, text, strlen(text), 0640, NULL) < 0)
		abort();
}

static bool has(const char *name, const char *text)
{
	struct buffer bytes = BUFFER_INIT;
	bool same =
		file_read(AT_FDCWD, name, 65536, &bytes, NULL) == 0 &&
		bytes.len == strlen(text) &&
		(bytes.len == 0 || memcmp(bytes.data, text, bytes.len) == 0);

	buffer_clear(&bytes);
	return same;
}

/* Files that hold, or held, the other bytes. */
static size_t count_saved(void)
{
	glob_t found;
	size_t count = glob("config.json.*", 0, NULL, &found) == 0
			       ? found.gl_pathc
			       : 0;

	globfree(&found);
	return count;
}

static void make_bundle(void)
{
	test_shell("rm -rf config.json* other.json*");
	put("config.json", original);
}

static void open_and_swap(struct bundle *bundle)
{
	const struct buffer bytes = {.data = rewritten,
				     .len = strlen(rewritten)};

	if (bundle_open(top, NULL, bundle, NULL) < 0 ||
	    bundle_swap(bundle, &bytes, mark, NULL) < 0)
		abort();
}

static void check_refused(void)
{
	struct buffer bytes = BUFFER_INIT;
	struct bundle bundle;
	struct err e = {0};

	make_bundle();
	CHECK("a bundle that isn't there",
	      bundle_open("/nowhere", NULL, &bundle, &e) < 0 &&
		      strstr(e.text, "/nowhere") && bundle.lock == -1);
	CHECK("a file for a bundle",
	      bundle_open("config.json", NULL, &bundle, &e) < 0);
	CHECK("a config of another name that isn't there",
	      bundle_open(top, "other.json", &bundle, &e) < 0 &&
		      strstr(e.text, "other.json"));
	test_shell("rm config.json");
	CHECK("a bundle without a config.json can be opened",
	      bundle_open(top, NULL, &bundle, &e) == 0);
	CHECK("but not read", bundle_read(&bundle, &bytes, &e) < 0);
	bytes = (struct buffer){.data = rewritten, .len = strlen(rewritten)};
	CHECK("nor swapped, and nothing is left of the attempt",
	      bundle_swap(&bundle, &bytes, mark, &e) < 0 && !bundle.saved &&
		      count_saved() == 0);
	CHECK("what isn't swapped is restored without harm",
	      bundle_restore(&bundle, &e) == 0);
	bundle_clear(&bundle);
}

static void check_swap(void)
{
	struct bundle bundle;
	struct stat st;

	make_bundle();
	open_and_swap(&bundle);
	CHECK("swapped, config.json has the other bytes",
	      has("config.json", rewritten) && count_saved() == 1);
	CHECK("with the permissions of the first",
	      stat("config.json", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK("restored, it has its own, and nothing is beside it",
	      bundle_restore(&bundle, NULL) == 0 &&
		      has("config.json", original) && count_saved() == 0);
	CHECK("nobody altered it", !bundle.altered && !bundle.saved);
	CHECK("restored once more, it stays so",
	      bundle_restore(&bundle, NULL) == 0 &&
		      has("config.json", original));
	bundle_clear(&bundle);
}

/* Other processes write to the file while it is swapped. */
static const struct {
	const char *name;
	const char *text; /* NULL: it is removed */
	const char *after;
	bool altered;
} writers[] = {
	{"an engine writes a new one, which stays", "{\"new\":1}",
	 "{\"new\":1}", true},
	{"an engine writes an empty one, which stays", "", "", true},
	{"a wrapper alters the copy, which gives way",
	 "{\"mark\":\"M\",\"hooks\":{}}", original, true},
	{"someone removes it: the original is there again", NULL, original,
	 false},
	{"a wrapper writes the same bytes", rewritten, original, false},
};

static void check_writers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		struct bundle bundle;

		make_bundle();
		open_and_swap(&bundle);
		if (writers[i].text)
			put("config.json", writers[i].text);
		else
			test_shell("rm config.json");
		CHECK(writers[i].name,
		      bundle_restore(&bundle, NULL) == 0 &&
			      has("config.json", writers[i].after) &&
			      count_saved() == 0);
		CHECK("that it was altered is known",
		      bundle.altered == writers[i].altered);
		bundle_clear(&bundle);
	}
}

static void kill_while_swapped(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct bundle bundle;

		open_and_swap(&bundle);
		(void)raise(SIGKILL);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFSIGNALED(status))
		abort();
}

static void check_killed(void)
{
	struct bundle bundle;

	make_bundle();
	kill_while_swapped();
	CHECK("a command that is killed half-way leaves the other bytes",
	      has("config.json", rewritten) && count_saved() == 1);
	CHECK("the next one puts the original back",
	      bundle_open(top, NULL, &bundle, NULL) == 0 &&
		      has("config.json", original) && count_saved() == 0);
	bundle_clear(&bundle);
	kill_while_swapped();
	put("config.json", "{\"new\":1}");
	CHECK("unless the engine has written a new one since",
	      bundle_open(top, NULL, &bundle, NULL) == 0 &&
		      has("config.json", "{\"new\":1}") && count_saved() == 0);
	bundle_clear(&bundle);
	put("config.json.runmoor-1234", "mine");
	put("config.json.orig", "mine");
	CHECK("files of other names aren't touched",
	      bundle_open(top, NULL, &bundle, NULL) == 0 && count_saved() == 2);
	bundle_clear(&bundle);
}

static void check_names(void)
{
	struct bundle bundle;

	make_bundle();
	put("other.json", rewritten);
	CHECK("another file than config.json, where the runtime is told so",
	      bundle_open(top, "other.json", &bundle, NULL) == 0 &&
		      strcmp(strrchr(bundle.config, '/'), "/other.json") == 0);
	bundle_clear(&bundle);
	CHECK("config.json as such a name is the bundle's own",
	      bundle_open(top, "config.json", &bundle, NULL) == 0 &&
		      strncmp(bundle.config, bundle.path,
			      strlen(bundle.path)) == 0);
	bundle_clear(&bundle);
	CHECK("without a folder it is the working folder",
	      bundle_open(NULL, NULL, &bundle, NULL) == 0 &&
		      strcmp(bundle.path, top) == 0);
	bundle_clear(&bundle);
}

/* The second command has to wait until the first lets go. */
static void check_lock(void)
{
	int ready[2];
	char byte = 0;
	int status = 0;
	struct bundle bundle;
	pid_t child;

	make_bundle();
	open_and_swap(&bundle);
	if (pipe2(ready, O_CLOEXEC) < 0 || (child = fork()) < 0)
		abort();
	if (child == 0) {
		struct bundle second;
		struct buffer bytes = BUFFER_INIT;

		/* Its own open file of the folder, not the parent's. */
		bundle_unlock(&bundle);
		if (write(ready[1], "x", 1) != 1)
			_exit(2);
		_exit(bundle_open(top, NULL, &second, NULL) == 0 &&
				      bundle_read(&second, &bytes, NULL) == 0 &&
				      bytes.len == strlen(original)
			      ? 0
			      : 1);
	}
	if (read(ready[0], &byte, 1) != 1)
		abort();
	(void)usleep(50000); /* for it to be wrong in */
	CHECK("a second command doesn't undo what the first has swapped",
	      has("config.json", rewritten));
	if (bundle_restore(&bundle, NULL) < 0)
		abort();
	bundle_unlock(&bundle);
	(void)waitpid(child, &status, 0);
	CHECK("it finds the original when the first is through",
	      WIFEXITED(status) && WEXITSTATUS(status) == 0);
	bundle_clear(&bundle);
	(void)close(ready[0]);
	(void)close(ready[1]);
}

int main(void)
{
	if (!mkdtemp(top) || chdir(top) < 0)
		return EXIT_FAILURE;
	check_refused();
	check_swap();
	check_writers();
	check_killed();
	check_names();
	check_lock();
	test_shell("rm -rf \"$PWD\"");
	TEST_END();
}
