#include "layers.h"

#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The folders of two engines, below one of the test's own. */
static char top[] = "/tmp/runmoor-layers-test.XXXXXX";

static void run(const char *command)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "cd %s && %s", top, command);
	if (system(text) != 0) /* NOLINT(cert-env33-c) */
		abort();
}

/* @ stands for the test's folder. */
static char *expand(const char *text)
{
	static char ring[4][8192];
	static unsigned next;
	char *out = ring[next++ % 4];
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '@')
			len += (size_t)sprintf(out + len, "%s", top);
		else
			out[len++] = *text;
	}
	out[len] = '\0';
	return out;
}

struct row {
	const char *name;
	const char *mount_point;
	const char *options;
	const char *lower; /* joined by spaces; NULL: not known */
	const char *upper; /* NULL: not known */
	size_t count;
};

static const struct row rows[] = {
	{"absolute names", "@/run/rootfs",
	 "rw,lowerdir=@/snapshots/2/fs:@/snapshots/1/fs,upperdir=@/snapshots/3/"
	 "fs,workdir=@/snapshots/3/work",
	 "@/snapshots/2/fs @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	{"containerd's many: relative to what is above its upper folder",
	 "@/run/rootfs",
	 "rw,lowerdir=2/fs:1/fs,upperdir=@/snapshots/3/fs,workdir=@/snapshots/"
	 "3/work",
	 "@/snapshots/2/fs @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	{"podman's many: all relative to what is above the mount point",
	 "@/overlay/c1/merged",
	 "rw,lowerdir=l/B:l/A,upperdir=c1/diff,workdir=c1/work",
	 "@/overlay/l/B @/overlay/l/A", "@/overlay/c1/diff", 2},
	{"podman 5's: numbers of descriptors, and a record beside the upper",
	 "@/overlay/c1/merged",
	 "rw,lowerdir=3:6,upperdir=@/overlay/c1/diff,workdir=@/overlay/c1/work",
	 "@/overlay/l/B @/overlay/l/A", "@/overlay/c1/diff", 2},
	{"docker 28's many: no upper, and a record beside the mount point",
	 "@/overlay/c1/merged", "rw,lowerdir=l/B:l/A",
	 "@/overlay/l/B @/overlay/l/A", "@/overlay/c1/diff", 2},
	{"the newer interface's names, one by one", "@/run/rootfs",
	 "rw,lowerdir+=@/snapshots/2/fs,lowerdir+=@/snapshots/1/"
	 "fs,upperdir=@/snapshots/3/fs",
	 "@/snapshots/2/fs @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	{"a read-only overlay", "@/run/rootfs",
	 "ro,lowerdir=@/snapshots/2/fs:@/snapshots/1/fs",
	 "@/snapshots/2/fs @/snapshots/1/fs", NULL, 2},
	{"a colon in a name, escaped when it was mounted", "@/run/rootfs",
	 "rw,lowerdir=@/odd/a\\134:b:@/snapshots/1/fs,upperdir=@/snapshots/3/"
	 "fs",
	 "@/odd/a:b @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	{"a colon in a name, escaped when it is shown", "@/run/rootfs",
	 "rw,lowerdir=@/odd/a\\072b:@/snapshots/1/fs,upperdir=@/snapshots/3/fs",
	 "@/odd/a:b @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	{"a comma and a space in a name", "@/run/rootfs",
	 "rw,lowerdir=@/odd/c\\054d\\040e:@/snapshots/1/fs,upperdir=@/"
	 "snapshots/3/fs",
	 "@/odd/c,d e @/snapshots/1/fs", "@/snapshots/3/fs", 2},
	/* Rows whose layers aren't found */
	{"idmapped temporaries that are gone", "@/run/rootfs",
	 "rw,lowerdir=@/tmp/ovl-idmapped1/0:@/tmp/ovl-idmapped1/1,upperdir=@/"
	 "snapshots/3/fs",
	 NULL, "@/snapshots/3/fs", 2},
	{"temporaries whose folders are left, and empty", "@/run/rootfs",
	 "rw,lowerdir=@/empty/0:@/empty/1,upperdir=@/snapshots/3/fs", NULL,
	 "@/snapshots/3/fs", 2},
	{"one of the names leads nowhere", "@/run/rootfs",
	 "rw,lowerdir=2/fs:9/fs,upperdir=@/snapshots/3/fs", NULL,
	 "@/snapshots/3/fs", 2},
	{"one of the names is a file", "@/run/rootfs",
	 "rw,lowerdir=@/snapshots/2/fs:@/snapshots/1/fs/x,upperdir=@/"
	 "snapshots/3/fs",
	 NULL, "@/snapshots/3/fs", 2},
	{"a record of another number of layers", "@/overlay/c1/merged",
	 "rw,lowerdir=3:6:7,upperdir=@/overlay/c1/diff", NULL,
	 "@/overlay/c1/diff", 3},
	{"a record that leads nowhere", "@/overlay/c2/merged",
	 "rw,lowerdir=3:6,upperdir=@/overlay/c2/diff", NULL,
	 "@/overlay/c2/diff", 2},
	{"layers of data", "@/run/rootfs",
	 "rw,lowerdir=@/snapshots/2/fs::@/snapshots/1/fs,upperdir=@/snapshots/"
	 "3/fs",
	 NULL, "@/snapshots/3/fs", 3},
	{"layers of data, one by one", "@/run/rootfs",
	 "rw,lowerdir+=@/snapshots/2/fs,datadir+=@/snapshots/1/fs,upperdir=@/"
	 "snapshots/3/fs",
	 NULL, "@/snapshots/3/fs", 1},
	{"neither layers nor upper", "@/overlay/c1/merged2",
	 "rw,lowerdir=x/B:x/A,upperdir=x/diff", NULL, NULL, 2},
	{"no options at all", "@/run/rootfs", "", NULL, NULL, 0},
	{"an empty list", "@/run/rootfs", "lowerdir=", NULL, NULL, 1},
	{"a colon too many", "@/run/rootfs",
	 "lowerdir=@/snapshots/2/fs:,upperdir=@/snapshots/3/fs", NULL,
	 "@/snapshots/3/fs", 2},
};

static void make_folders(void)
{
	if (!mkdtemp(top))
		abort();
	run("mkdir -p run/rootfs snapshots/1/fs snapshots/2/fs snapshots/3/fs "
	    "overlay/l overlay/A/diff overlay/B/diff overlay/c1/diff "
	    "overlay/c1/merged overlay/c2/diff 'odd/a:b' 'odd/c,d e' "
	    "empty/0 empty/1 empty/2");
	run("ln -s ../A/diff overlay/l/A; ln -s ../B/diff overlay/l/B");
	run("printf l/B:l/A >overlay/c1/lower; printf l/C:l/A "
	    ">overlay/c2/lower");
	run("for d in snapshots/1/fs snapshots/2/fs overlay/A/diff "
	    "overlay/B/diff; do echo >$d/x; done");
}

static char *joined(const struct layers *layers)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; layers->lower_known && i < layers->lower_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i ? " " : "", layers->lower[i]);
	return text;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_row(const struct row *row)
{
	struct err e = {0};
	struct layers layers;
	char *upper;
	int rc = layers_find(expand(row->mount_point), expand(row->options),
			     &layers, &e);

	CHECK(row->name, rc == 0);
	CHECK(row->name, layers.lower_known == (row->lower != NULL));
	CHECK(row->name,
	      !row->lower || same(joined(&layers), expand(row->lower)));
	CHECK(row->name,
	      same(layers.upper, row->upper ? expand(row->upper) : NULL));
	CHECK(row->name, layers.lower_count == row->count);
	/* The kernel makes an overlay without an upper folder read-only. */
	CHECK(row->name,
	      layers.writable == (strncmp(row->options, "ro", 2) != 0));
	upper = layers_upper(expand(row->mount_point), expand(row->options));
	CHECK(row->name, !layers.upper || same(upper, layers.upper));
	free(upper);
	layers_clear(&layers);
}

/* The name that an overlay with these options has; the caller's to free. */
static char *name_of(const char *mount_point, const char *options)
{
	struct buffer name = BUFFER_INIT;
	struct layers layers;
	struct err e;
	bool shared;

	if (layers_find(expand(mount_point), expand(options), &layers, &e) <
		    0 ||
	    layers_name(&layers, expand(mount_point), &name, &shared, &e) < 0)
		abort();
	layers_clear(&layers);
	buffer_append(&name, "", 1);
	return name.data;
}

static char *name_of_folder(const char *path)
{
	struct buffer name = BUFFER_INIT;
	struct err e;
	bool shared;

	if (layers_name(NULL, expand(path), &name, &shared, &e) < 0)
		abort();
	buffer_append(&name, "", 1);
	return name.data;
}

static void check_same(const char *what, char *take_a, char *take_b,
		       bool expected)
{
	CHECK(what, same(take_a, take_b) == expected);
	free(take_a);
	free(take_b);
}

static const char absolute[] =
	"lowerdir=@/snapshots/2/fs:@/snapshots/1/fs,upperdir=@/snapshots/3/fs";
static const char unknown[] = "lowerdir=@/gone/0,upperdir=@/snapshots/3/fs";

static void check_names(void)
{
	check_same("containers of the same layers share their image",
		   name_of("@/run/rootfs", absolute),
		   name_of("@/overlay/c1/merged",
			   "lowerdir=@/snapshots/2/fs:@/snapshots/1/fs,"
			   "upperdir=@/overlay/c2/diff"),
		   true);
	check_same("the order of the layers counts",
		   name_of("@/run/rootfs", absolute),
		   name_of("@/run/rootfs",
			   "lowerdir=@/snapshots/1/fs:@/snapshots/2/fs,"
			   "upperdir=@/snapshots/3/fs"),
		   false);
	check_same("however the layers are shown",
		   name_of("@/run/rootfs", absolute),
		   name_of("@/run/rootfs",
			   "lowerdir=2/fs:1/fs,upperdir=@/snapshots/3/fs"),
		   true);
	check_same("layers that aren't known: the upper folder names it again",
		   name_of("@/run/rootfs", unknown),
		   name_of("@/overlay/c1/merged", unknown), true);
	check_same("… and another upper folder another image",
		   name_of("@/run/rootfs", unknown),
		   name_of("@/run/rootfs",
			   "lowerdir=@/gone/0,upperdir=@/overlay/c1/diff"),
		   false);
	check_same("nothing is known: the mount point names it again",
		   name_of("@/overlay/c1/merged", "lowerdir=x,upperdir=y/diff"),
		   name_of("@/overlay/c1/merged", "lowerdir=z,upperdir=w/diff"),
		   true);
	check_same("… and another mount point another image",
		   name_of("@/overlay/c1/merged", "lowerdir=x,upperdir=y/diff"),
		   name_of("@/run/rootfs", "lowerdir=x,upperdir=y/diff"),
		   false);
	check_same("a plain folder names itself",
		   name_of_folder("@/snapshots/1"),
		   name_of_folder("@/snapshots/1"), true);
	check_same("… and isn't a layer of that folder",
		   name_of_folder("@/snapshots/1/fs"),
		   name_of("@/run/rootfs", "lowerdir=@/snapshots/1/fs"), false);
}

/* The same path and, most often, the same inode number. */
static void check_reuse(void)
{
	char *first = name_of_folder("@/empty/2");

	run("rmdir empty/2 && mkdir empty/2");
	check_same("a folder made anew is another image", first,
		   name_of_folder("@/empty/2"), false);
}

int main(void)
{
	make_folders();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
	check_names();
	check_reuse();
	run("rm -r \"$PWD\"");
	TEST_END();
}
