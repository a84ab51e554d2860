#include "propagation.h"

#include "attr.h"
#include "test.h"

#include <string.h>

/* The host: /cv is bound on itself and shared, as group 1; repo below it is a
 * file system of its own, and deep below that one. */
#define HOST                                                                   \
	"20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"                       \
	"21 20 8:1 /cv /cv rw shared:1 - ext4 /dev/sda1 rw\n"                  \
	"22 21 0:50 / /cv/repo ro shared:2 - tmpfs x ro\n"                     \
	"23 22 0:51 / /cv/repo/deep rw shared:3 - tmpfs x rw\n"                \
	"24 21 8:1 /data/a\\040b /cv/data ro shared:4 - ext4 /dev/sda1 rw\n"

/* The container: /cv is bound to /srv, and was so at the start. */
#define CONTAINER                                                              \
	"90 80 0:40 / / rw - overlay overlay rw,lowerdir=/l\n"                 \
	"91 90 8:1 /cv /srv ro master:1 - ext4 /dev/sda1 rw\n"

#define REPO "92 91 0:50 / /srv/repo ro master:2 - tmpfs x ro\n"

static const struct propagation_bind binds[] = {
	{91, (uint64_t)8 << 32 | 1, "/cv", "/srv"},
};

static const struct {
	const char *name;
	const char *more; /* mounts of the container's, 92 among them */
	enum { DRIFT, WRITABLE, READ_ONLY } is;
	const char *host; /* NULL: HOST */
} rows[] = {
	{"a tmpfs of the container's",
	 "92 91 0:60 / /srv/repo rw - tmpfs x rw\n", .is = DRIFT},
	{"one in place of the host's, with the host's file system",
	 "92 91 0:50 / /srv/repo ro - tmpfs x ro\n", .is = DRIFT},
	{"a copy elsewhere below the bind",
	 "92 91 0:50 / /srv/data ro master:2 - tmpfs x ro\n", .is = DRIFT},
	{"a copy outside of it", "92 90 0:50 / /mnt ro master:2 - tmpfs x ro\n",
	 .is = DRIFT},
	{"a copy on itself",
	 "93 91 0:50 / /srv/repo ro master:2 - tmpfs x ro\n"
	 "92 93 0:50 / /srv/repo ro master:2 - tmpfs x ro\n",
	 .is = DRIFT},
	{"a part of it in its place",
	 "92 91 0:50 /bin /srv/repo ro master:2 - tmpfs x ro\n", .is = DRIFT},
	{"another file system by that group's number",
	 "92 91 0:60 / /srv/repo rw master:2 - tmpfs x rw\n", .is = DRIFT},
	{"another group", "92 91 0:50 / /srv/repo ro master:9 - tmpfs x ro\n",
	 .is = DRIFT},
	{"below a copy of the bind",
	 "93 90 8:1 /cv /mnt ro master:1 - ext4 /dev/sda1 rw\n"
	 "92 93 0:50 / /mnt/repo ro master:2 - tmpfs x ro\n",
	 .is = DRIFT},
	{"below a mount of the container's, on the bind",
	 "93 91 0:60 / /srv/repo rw - tmpfs x rw\n"
	 "92 93 0:51 / /srv/repo/deep rw master:3 - tmpfs x rw\n",
	 .is = DRIFT},
	{"what is below another mount of the host's",
	 "92 91 0:51 / /srv/deep rw master:3 - tmpfs x rw\n", .is = DRIFT},
	{"with no mount above",
	 "92 77 0:50 / /srv/repo ro master:2 - tmpfs x ro\n", .is = DRIFT},
	{"mounts that are each other's",
	 "92 93 0:50 / /srv/repo ro master:2 - tmpfs x ro\n"
	 "93 92 0:50 / /srv/repo ro master:2 - tmpfs x ro\n",
	 .is = DRIFT},
	{"where the host's can't be seen", REPO,
	 .host = "20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"},
	{"where the host has it below another folder", REPO,
	 .host = "21 20 8:1 /cv /cv rw shared:1 - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /cv/other ro shared:2 - tmpfs x ro\n"},
	{"where the host's bind isn't shared any more", REPO,
	 .host = "21 20 8:1 /cv /cv rw - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /cv/repo ro shared:2 - tmpfs x ro\n"},
	{"a folder that was removed, whose name another may have",
	 "92 91 8:1 /d//deleted /srv/repo ro master:2 - ext4 x ro\n",
	 .host = "21 20 8:1 /cv /cv rw shared:1 - ext4 /dev/sda1 rw\n"
		 "22 21 8:1 /d//deleted /cv/repo ro shared:2 - ext4 x ro\n"},

	{"the host's", REPO, .is = READ_ONLY},
	{"the host's where it is itself a copy", REPO, .is = READ_ONLY,
	 .host = "21 20 8:1 /cv /cv rw master:1 - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /cv/repo ro master:2 - tmpfs x ro\n"},
	{"the host's by another peer of the bind's source", REPO,
	 .is = READ_ONLY,
	 .host = "21 20 8:1 /cv /x rw shared:1 - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /x/repo ro shared:2 - tmpfs x ro\n"},
	{"the host's where the bind is of a folder below", REPO,
	 .is = READ_ONLY,
	 .host = "21 20 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /cv/repo ro shared:2 - tmpfs x ro\n"},
	{"a deeper one",
	 "93 91 0:50 / /srv/repo ro master:2 - tmpfs x ro\n"
	 "92 93 0:51 / /srv/repo/deep rw master:3 - tmpfs x rw\n",
	 .is = WRITABLE},
	{"a folder with a blank in its name",
	 "92 91 8:1 /data/a\\040b /srv/data ro master:4 - ext4 /dev/sda1 rw\n",
	 .is = READ_ONLY},
	{"one that the container made writable",
	 "92 91 0:50 / /srv/repo rw master:2 - tmpfs x rw\n", .is = WRITABLE},
	{"one that the container made read-only", REPO, .is = WRITABLE,
	 .host = "21 20 8:1 /cv /cv rw shared:1 - ext4 /dev/sda1 rw\n"
		 "22 21 0:50 / /cv/repo rw shared:2 - tmpfs x rw\n"},
	{"one that the container writes by another mount",
	 "92 91 8:1 /data/a\\040b /srv/data ro master:4 - ext4 /dev/sda1 rw\n"
	 "93 90 8:1 /data /store rw - ext4 /dev/sda1 rw\n",
	 .is = WRITABLE},
	{"one beside what the container writes",
	 "92 91 8:1 /data/a\\040b /srv/data ro master:4 - ext4 /dev/sda1 rw\n"
	 "93 90 8:1 /data/a /store rw - ext4 /dev/sda1 rw\n",
	 .is = READ_ONLY},
};

static int parse(const char *text, struct mountinfo *ret)
{
	OWNED(free_owned) char *copy = strdup(text);
	struct err e;

	return copy ? mountinfo_parse(copy, strlen(copy), ret, &e) : -1;
}

static void test_row(size_t i)
{
	struct mountinfo container = MOUNTINFO_INIT;
	struct mountinfo host = MOUNTINFO_INIT;
	struct propagation traced = {0};
	char text[2048];
	bool passes;

	(void)snprintf(text, sizeof(text), "%s%s", CONTAINER, rows[i].more);
	CHECK(rows[i].name,
	      parse(text, &container) == 0 &&
		      parse(rows[i].host ? rows[i].host : HOST, &host) == 0 &&
		      mountinfo_find(&container, 92));
	passes = propagation_trace(&container, &host, binds, ARRAY_LEN(binds),
				   mountinfo_find(&container, 92), &traced);
	CHECK(rows[i].name, passes == (rows[i].is != DRIFT));
	CHECK(rows[i].name,
	      !passes || traced.read_only == (rows[i].is == READ_ONLY));
	mountinfo_clear(&container);
	mountinfo_clear(&host);
}

/* Each field of the bind counts, since its number is used again. */
static void test_binds(void)
{
	const struct propagation_bind others[] = {
		{90, (uint64_t)8 << 32 | 1, "/cv", "/srv"},
		{91, (uint64_t)8 << 32 | 2, "/cv", "/srv"},
		{91, (uint64_t)8 << 32 | 1, "/cv/x", "/srv"},
		{91, (uint64_t)8 << 32 | 1, "/cv", "/mnt"},
	};
	struct mountinfo container = MOUNTINFO_INIT;
	struct mountinfo host = MOUNTINFO_INIT;
	struct propagation traced;

	CHECK("tables", parse(CONTAINER REPO, &container) == 0 &&
				parse(HOST, &host) == 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK("another mount than that of the start",
		      !propagation_trace(&container, &host, &others[i], 1,
					 mountinfo_find(&container, 92),
					 &traced));
	mountinfo_clear(&container);
	mountinfo_clear(&host);
}

static void test_shows(void)
{
	static const struct {
		const char *path;
		bool shown;
	} paths[] = {
		{"/data", true}, /* above what is shown */
		{"/data/a b/c", true},	  {"/data/a", false},
		{"/cv/data/upper", true}, {"/cv/repo/upper", false},
	};
	struct mountinfo host = MOUNTINFO_INIT;

	CHECK("a table", parse(HOST, &host) == 0);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		CHECK(paths[i].path,
		      propagation_shows(&host, mountinfo_find(&host, 24),
					paths[i].path) == paths[i].shown);
	mountinfo_clear(&host);
}

int main(void)
{
	struct mountinfo own = MOUNTINFO_INIT;
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		test_row(i);
	test_binds();
	test_shows();
	CHECK("a text that is none", parse("", &own) < 0);
	CHECK("one's own", mountinfo_read(0, 1 << 24, &own, &e) == 0);
	mountinfo_clear(&own);
	CHECK("one that is too long", mountinfo_read(0, 10, &own, &e) < 0);
	TEST_END();
}
