#include "binary.h"

#include "test.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("binary", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		abort();
	return fd;
}

/* binary_inspect, into memory that held something else before. */
static int inspect(const void *bytes, size_t len, struct binary *ret)
{
	OWNED(close_owned) int fd = file_of(bytes, len);

	memset(ret, 'x', sizeof(*ret));
	return binary_inspect(fd, ret, NULL);
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	enum file_kind kind;
	const char *interpreter;
} plain[] = {
	{"nothing", BYTES(""), KIND_OTHER, ""},
	{"half a script's sign", BYTES("#"), KIND_TEXT, ""},
	{"a space before the script's sign", BYTES(" #!/bin/sh\n"), KIND_TEXT,
	 ""},
	{"a byte order mark before it", BYTES("\xef\xbb\xbf#!/bin/sh\n"),
	 KIND_TEXT, ""},
	{"text", BYTES("echo\n"), KIND_TEXT, ""},
	{"bytes", BYTES("\1\0\2"), KIND_OTHER, ""},
	{"what Python has compiled", BYTES("\xa7\x0d\r\n\0\0\0\0"), KIND_TEXT,
	 ""},
	{"almost that", BYTES("\xa7\x0d\r\r\0\0\0\0"), KIND_OTHER, ""},
	{"the sign of ELF, cut off", BYTES("\177EL"), KIND_TEXT, ""},
	{"a sign that is almost ELF's", BYTES("\177ELf\2\1\1"), KIND_TEXT, ""},
	{"the sign of ELF and no more", BYTES("\177ELF"), KIND_ELF, ""},

	{"a script", BYTES("#!/bin/sh\necho"), KIND_SCRIPT, "/bin/sh"},
	{"a script with an argument", BYTES("#!/usr/bin/env -S a b\n"),
	 KIND_SCRIPT, "/usr/bin/env"},
	{"blanks around the name", BYTES("#! \t /bin/sh\t-e \n"), KIND_SCRIPT,
	 "/bin/sh"},
	{"a line without an end", BYTES("#!/bin/sh"), KIND_SCRIPT, "/bin/sh"},
	{"a carriage return belongs to the name", BYTES("#!/bin/sh\r\n"),
	 KIND_SCRIPT, "/bin/sh\r"},
	{"a NUL ends the name", BYTES("#!/bin/sh\0x\n"), KIND_SCRIPT,
	 "/bin/sh"},
	{"bytes that are not UTF-8", BYTES("#!/\xff\x01\n"), KIND_SCRIPT,
	 "/\xff\x01"},
	{"a relative name", BYTES("#!sh\n"), KIND_SCRIPT, "sh"},
	{"no name", BYTES("#!\n/bin/sh"), KIND_SCRIPT, ""},
	{"no name but blanks", BYTES("#! \t \n/bin/sh"), KIND_SCRIPT, ""},
	{"the sign and no more", BYTES("#!"), KIND_SCRIPT, ""},
	{"the sign and a NUL", BYTES("#!\0/bin/sh\n"), KIND_SCRIPT, ""},
};

static void check_plain(void)
{
	struct binary got;

	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		CHECK(plain[i].name,
		      inspect(plain[i].bytes, plain[i].len, &got) == 0);
		CHECK(plain[i].name, got.kind == plain[i].kind);
		CHECK(plain[i].name,
		      strcmp(got.interpreter, plain[i].interpreter) == 0);
	}
}

/* The kernel looks at the first 256 bytes alone. */
static void check_long_line(void)
{
	char line[8192];
	struct binary got;

	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	line[250] = '\n';
	CHECK("a long name", inspect(line, sizeof(line), &got) == 0);
	CHECK("a long name, to its end", strlen(got.interpreter) == 248);
	memset(line + 2, ' ', 244);
	line[246] = '/';
	CHECK("a name behind many blanks",
	      inspect(line, sizeof(line), &got) == 0 &&
		      strcmp(got.interpreter, "/aaa") == 0);
	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	CHECK("a name that is too long is cut off, not read on",
	      inspect(line, sizeof(line), &got) == 0 &&
		      strlen(got.interpreter) < 256);
	memset(line + 2, ' ', sizeof(line) - 2);
	CHECK("nothing but blanks", inspect(line, sizeof(line), &got) == 0 &&
					    got.interpreter[0] == '\0');
}

enum { FILE_SIZE = 16384, NAME_AT = 8192 };

/* An ELF file with one or a few segments. */
struct image {
	unsigned char class;
	uint64_t segments_at;
	uint16_t count;
	struct {
		uint32_t type;
		uint64_t at;
		uint64_t size;
	} segments[3];
	const char *text; /* at NAME_AT; NULL: as many 'a' as there is room */
	size_t size;	  /* of the file; 0: FILE_SIZE */
};

static void put_wide(const struct image *image, char *bytes)
{
	Elf64_Ehdr header = {.e_phoff = image->segments_at,
			     .e_phnum = image->count,
			     .e_phentsize = sizeof(Elf64_Phdr)};

	memcpy(bytes + EI_NIDENT, (char *)&header + EI_NIDENT,
	       sizeof(header) - EI_NIDENT);
	for (size_t i = 0; i < ARRAY_LEN(image->segments); i++) {
		const Elf64_Phdr segment = {
			.p_type = image->segments[i].type,
			.p_offset = image->segments[i].at,
			.p_filesz = image->segments[i].size,
		};
		size_t at = image->segments_at + i * sizeof(segment);

		if (at < FILE_SIZE - sizeof(segment))
			memcpy(bytes + at, &segment, sizeof(segment));
	}
}

static void put_narrow(const struct image *image, char *bytes)
{
	Elf32_Ehdr header = {.e_phoff = (uint32_t)image->segments_at,
			     .e_phnum = image->count,
			     .e_phentsize = sizeof(Elf32_Phdr)};

	memcpy(bytes + EI_NIDENT, (char *)&header + EI_NIDENT,
	       sizeof(header) - EI_NIDENT);
	for (size_t i = 0; i < ARRAY_LEN(image->segments); i++) {
		const Elf32_Phdr segment = {
			.p_type = image->segments[i].type,
			.p_offset = (uint32_t)image->segments[i].at,
			.p_filesz = (uint32_t)image->segments[i].size,
		};
		size_t at = image->segments_at + i * sizeof(segment);

		if (at < FILE_SIZE - sizeof(segment))
			memcpy(bytes + at, &segment, sizeof(segment));
	}
}

static void put_image(const struct image *image, char bytes[FILE_SIZE])
{
	memset(bytes, 0, FILE_SIZE);
	memset(bytes + NAME_AT, 'a', FILE_SIZE - NAME_AT);
	bytes[EI_MAG0] = ELFMAG0;
	bytes[EI_MAG1] = ELFMAG1;
	bytes[EI_MAG2] = ELFMAG2;
	bytes[EI_MAG3] = ELFMAG3;
	bytes[EI_CLASS] = (char)image->class;
	if (image->class == ELFCLASS64)
		put_wide(image, bytes);
	else
		put_narrow(image, bytes);
	if (image->text)
		memcpy(bytes + NAME_AT, image->text, strlen(image->text) + 1);
}

#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* The columns are those of struct image: class, offset, count, index, text,
 * size. */
static const struct {
	const char *name;
	struct image image;
	const char *interpreter;
} elves[] = {
	{"no segments", {ELFCLASS64, 64, 0, {{0}}, LOADER, 0}, ""},
	{"segments beyond the file's end",
	 {ELFCLASS64,
	  FILE_SIZE,
	  3,
	  {{PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},
	{"segments beyond what an offset can be",
	 {ELFCLASS64,
	  UINT64_MAX - 63,
	  3,
	  {{PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},
	{"segments whose offset is negative",
	 {ELFCLASS64,
	  UINT64_C(1) << 63,
	  UINT16_MAX,
	  {{PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},
	{"as many segments as can be counted",
	 {ELFCLASS64,
	  64,
	  UINT16_MAX,
	  {{PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},
	{"a segment that is cut off",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, sizeof(LOADER)}}, NULL, 119},
	 ""},
	{"a header that is cut off", {ELFCLASS64, 64, 1, {{0}}, NULL, 63}, ""},
	{"a name beyond the file's end",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, FILE_SIZE, 10}}, LOADER, 0},
	 ""},
	{"a name beyond what an offset can be",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, UINT64_MAX - 4, 10}}, LOADER, 0},
	 ""},
	{"a name of no length",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, 0}}, LOADER, 0},
	 ""},
	{"a name that is its NUL",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, 1}}, LOADER, 0},
	 ""},
	{"a name a byte longer than a path",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, PATH_MAX + 1}}, NULL, 0},
	 ""},
	{"a name as long as the file",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, 0, FILE_SIZE}}, LOADER, 0},
	 ""},
	{"a name as long as can be",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, UINT64_MAX}}, LOADER, 0},
	 ""},
	{"the kernel takes the first of two names, or none",
	 {ELFCLASS64,
	  64,
	  2,
	  {{PT_INTERP, NAME_AT, 0}, {PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},

	{"a dynamic program",
	 {ELFCLASS64,
	  64,
	  3,
	  {{PT_PHDR, 64, 168},
	   {PT_INTERP, NAME_AT, sizeof(LOADER)},
	   {PT_LOAD, 0, FILE_SIZE}},
	  LOADER,
	  0},
	 LOADER},
	{"a dynamic program of 32 bits",
	 {ELFCLASS32,
	  52,
	  3,
	  {{PT_PHDR, 52, 96},
	   {PT_LOAD, 0, FILE_SIZE},
	   {PT_INTERP, NAME_AT, sizeof("/lib/ld-linux.so.2")}},
	  "/lib/ld-linux.so.2",
	  0},
	 "/lib/ld-linux.so.2"},
	{"a static program",
	 {ELFCLASS64, 64, 1, {{PT_LOAD, 0, FILE_SIZE}}, LOADER, 0},
	 ""},
	{"a name behind the segments that are counted",
	 {ELFCLASS64,
	  64,
	  1,
	  {{PT_LOAD, 0, 1}, {PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 ""},
	{"segments far from the header",
	 {ELFCLASS64,
	  NAME_AT + 1000,
	  1,
	  {{PT_INTERP, NAME_AT, sizeof(LOADER)}},
	  LOADER,
	  0},
	 LOADER},
	{"two names",
	 {ELFCLASS64,
	  64,
	  2,
	  {{PT_INTERP, NAME_AT, sizeof("/first")},
	   {PT_INTERP, NAME_AT + 1, sizeof("first")}},
	  "/first",
	  0},
	 "/first"},
	{"the shortest name",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, 2}}, "a", 0},
	 "a"},
	{"a name without its NUL loses its last byte",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, 4}}, "/lib/ld", 0},
	 "/li"},
	{"a name with a NUL in it ends there",
	 {ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, 12}}, "/lib", 0},
	 "/lib"},
};

static void check_elves(void)
{
	static char bytes[FILE_SIZE];
	struct binary got;

	for (size_t i = 0; i < ARRAY_LEN(elves); i++) {
		const struct image *image = &elves[i].image;

		put_image(image, bytes);
		CHECK(elves[i].name,
		      inspect(bytes, image->size ? image->size : FILE_SIZE,
			      &got) == 0);
		CHECK(elves[i].name, got.kind == KIND_ELF);
		CHECK(elves[i].name,
		      strcmp(got.interpreter, elves[i].interpreter) == 0);
	}
}

static void check_longest_name(void)
{
	const struct image image = {
		ELFCLASS64, 64, 1, {{PT_INTERP, NAME_AT, PATH_MAX}}, NULL, 0};
	static char bytes[FILE_SIZE];
	struct binary got;

	put_image(&image, bytes);
	CHECK("the longest name",
	      inspect(bytes, sizeof(bytes), &got) == 0 &&
		      strnlen(got.interpreter, PATH_MAX) == PATH_MAX - 1);
}

static void check_unreadable(void)
{
	OWNED(close_owned) int folder = open("/", O_RDONLY | O_CLOEXEC);
	OWNED(close_owned) int path = open("/", O_PATH | O_CLOEXEC);
	struct err e = {0};
	struct binary got;

	CHECK("a folder", binary_inspect(folder, &got, &e) < 0 &&
				  e.code == EISDIR && *e.text);
	CHECK("a descriptor that reads nothing",
	      binary_inspect(path, &got, &e) < 0 && e.code == EBADF);
	CHECK("no descriptor",
	      binary_inspect(-1, &got, &e) < 0 && e.code == EBADF);
}

/* The test program itself, which compiler and kernel agree on. */
static void check_real(void)
{
	OWNED(close_owned)
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct binary got = {0};

	CHECK("this program", lseek(fd, 1000, SEEK_SET) == 1000 &&
				      binary_inspect(fd, &got, NULL) == 0);
	CHECK("this program is ELF", got.kind == KIND_ELF);
	CHECK("its interpreter is there",
	      got.interpreter[0] == '/' && access(got.interpreter, X_OK) == 0);
	CHECK("the offset stays", lseek(fd, 0, SEEK_CUR) == 1000);
}

int main(void)
{
	check_unreadable();
	check_elves();
	check_longest_name();
	check_plain();
	check_long_line();
	check_real();
	TEST_END();
}
