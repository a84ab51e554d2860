#include "container.h"

#include "file.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/container-test.XXXXXX";

/* Every member, each with a value of its own, so that none is taken for
 * another. The config has its own test. */
static const char record[] =
	"{\"id\":\"c1\",\"root\":\"/run/x\",\"bundle\":\"/b\","
	"\"rootfs\":\"/b/rootfs\",\"runtime\":\"/usr/sbin/runc\","
	"\"name\":\"web\",\"image\":\"nginx:1\",\"policy\":\"strict\","
	"\"manifest\":\"/m\",\"manifestSha256\":\"aa\","
	"\"volumes\":\"/v\",\"volumesSha256\":\"bb\","
	"\"writable\":\"/w\",\"writableSha256\":\"cc\","
	"\"binfmt\":\"/i\",\"binfmtSha256\":\"dd\",\"upper\":\"/u\","
	"\"overlay\":true,\"overlayWritable\":false,\"statTrusted\":true,"
	"\"readsMayBlock\":false,\"cgroupsLeft\":true,\"hooksAdded\":false,"
	"\"mappedByNumber\":true,\"cached\":false,\"engineNamed\":true,"
	"\"crio\":false,\"createdNs\":1700000000123456789,"
	"\"sealedFiles\":18446744073709551615,\"sealedBytes\":2,"
	"\"volumeFiles\":3,\"volumeBytes\":4,\"volumesFirst\":5,"
	"\"volumesLeftCount\":6,\"unreadableCount\":7,"
	"\"devices\":[1,2,18446744073709551615,4],"
	"\"annotations\":{\"a\":\"b\"},\"unreadable\":[\"/r\"],"
	"\"mounts\":[\"/proc\"],\"sources\":[\"1:2\"],\"lowers\":[\"/l\"],"
	"\"drivers\":[\"/d\"],\"volumesLeft\":[\"/e: why\"],"
	"\"volumesCut\":[\"/f\"],\"volumesWritten\":[\"/g\"],"
	"\"volumesFollowed\":[\"/h\"],"
	"\"config\":{\"mode\":\"audit\",\"scripts\":\"enforce\"}}";

static struct json *parse(const char *text)
{
	struct json *value = NULL;

	if (json_parse(text, strlen(text), &value, NULL) < 0)
		abort();
	return value;
}

static void put(const void *bytes, size_t len)
{
	OWNED(close_owned)
	int fd = open("container.json", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || file_write_all(fd, bytes, len) < 0)
		abort();
}

static void put_json(const struct json *value)
{
	struct buffer text = BUFFER_INIT;

	json_write(value, true, &text);
	if (buffer_failed(&text))
		abort();
	put(text.data, text.len);
	buffer_clear(&text);
}

/* NULL where it is refused; e says why. */
static struct json *read_and_write(struct err *e)
{
	struct buffer text = BUFFER_INIT;
	struct container container;
	struct json *value = NULL;

	if (container_read(folder, &container, e) < 0)
		return NULL;
	if (container_write(&container, folder, e) < 0 ||
	    file_read(AT_FDCWD, "container.json", JSON_SIZE_MAX, &text, e) < 0)
		abort();
	container_clear(&container);
	if (json_parse(text.data, text.len, &value, e) < 0)
		abort();
	buffer_clear(&text);
	return value;
}

static bool is_refused(const char *word)
{
	struct err e = {0};
	OWNED(json_owned) struct json *value = read_and_write(&e);

	return !value && strstr(e.text, word) &&
	       strstr(e.text, "container.json");
}

static const struct {
	const char *name;
	const char *key;
	const char *value;
	const char *word; /* of the error */
} rows[] = {
	{"a device that is no number", "devices", "[1,\"2\"]", "devices"},
	{"a device that is negative", "devices", "[1,-2]", "devices"},
	{"a policy key of another version", "config", "{\"new\":true}", "new"},
	{"a policy's value of another version", "config",
	 "{\"mode\":\"newer\"}", "mode"},
	{"a policy that is none", "config", "[]", "config"},
};

static void check_rows(void)
{
	OWNED(json_owned) struct json *many = json_new_array();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		OWNED(json_owned) struct json *value = parse(record);

		if (json_set(value, rows[i].key, parse(rows[i].value)) < 0)
			abort();
		put_json(value);
		CHECK(rows[i].name, is_refused(rows[i].word));
	}
	for (unsigned i = 0; i < 2 * (MANIFEST_DEVICES_MAX + 1); i++)
		if (json_append(many, json_new_uint(i)) < 0)
			abort();
	{
		OWNED(json_owned) struct json *value = parse(record);

		if (json_set(value, "devices", PTR_MOVE(many)) < 0)
			abort();
		put_json(value);
		CHECK("one device too many", is_refused("devices"));
	}
}

static void check_damaged(void)
{
	size_t accepted = 0;

	for (size_t len = 0; len < strlen(record); len++) {
		struct err e = {0};
		OWNED(json_owned) struct json *value = NULL;

		put(record, len);
		value = read_and_write(&e);
		accepted += value != NULL;
	}
	CHECK("a record that was cut off anywhere is refused", accepted == 0);
	put("\0\0\0\0", 4);
	CHECK("zeros, as a crash leaves them", is_refused(""));
	put("[]", 2);
	CHECK("JSON that is no record", is_refused("id"));
	(void)unlink("container.json");
	CHECK("no record", is_refused(""));
	(void)mkfifo("container.json", 0600);
	CHECK("a FIFO for a record is refused at once", is_refused(""));
	(void)unlink("container.json");
}

static void check_round_trip(void)
{
	OWNED(json_owned) struct json *first = NULL;
	OWNED(json_owned) struct json *second = NULL;
	OWNED(json_owned) struct json *expected = parse(record);
	const struct json *config;
	const char *text = NULL;
	struct err e = {0};
	struct stat st;

	put(record, strlen(record));
	first = read_and_write(&e);
	CHECK("a record is read, and written", first != NULL);
	CHECK("for root only",
	      stat("container.json", &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK("with as many members",
	      json_count(first) == json_count(expected));
	for (size_t i = 0; i < json_count(expected); i++) {
		const char *key = json_key_at(expected, i);

		if (strcmp(key, "config") != 0)
			CHECK(key, json_equal(json_get(first, key),
					      json_at(expected, i)));
	}
	config = json_get(first, "config");
	CHECK("the policy that was chosen",
	      json_string(json_get(config, "mode"), &text) &&
		      strcmp(text, "audit") == 0 &&
		      json_string(json_get(config, "scripts"), &text) &&
		      strcmp(text, "enforce") == 0);
	CHECK("its defaults are in it, for a later version's may be others",
	      json_string(json_get(config, "libraries"), &text));
	second = read_and_write(&e);
	CHECK("all of it is the same the second time",
	      second && json_equal(first, second));
}

/* A later version's record may say more than this one knows. */
static void check_newer(void)
{
	OWNED(json_owned) struct json *value = parse(record);
	OWNED(json_owned) struct json *got = NULL;
	struct err e = {0};

	if (json_set(value, "newer", json_new_bool(true)) < 0)
		abort();
	put_json(value);
	got = read_and_write(&e);
	CHECK("a member that isn't known is passed over",
	      got && !json_get(got, "newer"));
}

static void check_folder(void)
{
	char *one = container_folder("/run/runmoor", "/run/a", "c1");
	char *other = container_folder("/run/runmoor", "/run/b", "c1");
	char *joined = container_folder("/run/runmoor", "/run/ac", "1");

	CHECK("one id below two roots is two containers",
	      one && other && strcmp(one, other) != 0);
	CHECK("a root's end isn't taken for an id's beginning",
	      one && joined && strcmp(one, joined) != 0);
	CHECK("no id leaves the folder",
	      one && strncmp(one, "/run/runmoor/", 13) == 0 &&
		      strlen(one) == 13 + 16);
	free(one);
	free(other);
	free(joined);
}

static int claims(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(container_claim(folder, NULL) == 0 ? 0 : 1);
	if (child < 0 || waitpid(child, &status, 0) != child)
		abort();
	return WEXITSTATUS(status);
}

static void check_locks(void)
{
	struct err e = {0};
	int go[2];
	char byte;
	pid_t child;

	CHECK("nobody supervises at first", container_supervisor(folder) == 0);
	CHECK("one that ends leaves the folder for the next",
	      claims() == 0 && claims() == 0);
	CHECK("a folder is claimed", container_claim(folder, &e) == 0);
	CHECK("by one at a time", claims() != 0);
	CHECK("the claim isn't a supervisor",
	      container_supervisor(folder) == 0);
	if (pipe2(go, O_CLOEXEC) < 0 || (child = fork()) < 0)
		abort();
	if (child == 0) {
		if (container_lock(folder, NULL) < 0)
			_exit(1);
		if (write(go[1], "x", 1) != 1)
			_exit(2);
		(void)pause();
	}
	if (read(go[0], &byte, 1) != 1)
		abort();
	CHECK("a supervisor is known by its lock",
	      container_supervisor(folder) == child);
	CHECK("a second one isn't let in",
	      container_lock(folder, &e) < 0 && e.code == EBUSY);
	CHECK("nor is it claimed meanwhile", claims() != 0);
	CHECK("it is ended by request",
	      container_end(folder, &e) == 0 &&
		      container_supervisor(folder) == 0);
	(void)waitpid(child, NULL, 0);
	(void)close(go[0]);
	(void)close(go[1]);
}

int main(void)
{
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return EXIT_FAILURE;
	check_damaged();
	check_rows();
	check_newer();
	check_round_trip();
	check_folder();
	check_locks();
	container_remove(folder);
	CHECK("nothing is left of it", access(folder, F_OK) < 0);
	TEST_END();
}
