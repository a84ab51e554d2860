#include "binary.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

enum {
	HEAD = 4096,
	TEXT_MAX = 16 * 1024 * 1024, /* no larger one is a script */
	SCRIPT_LINE = 256,	     /* BINPRM_BUF_SIZE of the kernel */
	SEGMENTS_MAX = 4096,	     /* the kernel takes up to 64 KiB of them */
};

/* The two classes of ELF, brought to one shape. */
struct segments {
	uint64_t offset;
	uint64_t count;
	uint64_t size;
	bool wide;
};

static ssize_t read_at(int fd, void *bytes, size_t len, uint64_t offset)
{
	size_t total = 0;

	if (offset > INT64_MAX - len)
		return 0;
	while (total < len) {
		ssize_t n = pread(fd, (char *)bytes + total, len - total,
				  (off_t)(offset + total));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		total += (size_t)n;
	}
	return (ssize_t)total;
}

/* The first word after "#!", as fs/binfmt_script.c takes it. */
static void script_interpreter(const char *head, size_t len, struct binary *ret)
{
	const char *end = head + (len < SCRIPT_LINE ? len : SCRIPT_LINE);
	const char *start = head + 2;
	const char *at;

	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	for (at = start; at < end; at++)
		if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\0')
			break;
	memcpy(ret->interpreter, start, (size_t)(at - start));
	ret->interpreter[at - start] = '\0';
}

static bool elf_segments(const char *head, size_t len, struct segments *ret)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (len < sizeof(wide))
		return false;
	memcpy(&wide, head, sizeof(wide));
	memcpy(&narrow, head, sizeof(narrow));
	ret->wide = wide.e_ident[EI_CLASS] == ELFCLASS64;
	ret->offset = ret->wide ? wide.e_phoff : narrow.e_phoff;
	ret->count = ret->wide ? wide.e_phnum : narrow.e_phnum;
	ret->size = ret->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	return ret->count <= SEGMENTS_MAX;
}

/* Find PT_INTERP's bytes; false if this segment is another. */
static bool interpreter_segment(int fd, const struct segments *s, uint64_t i,
				uint64_t *ret_offset, uint64_t *ret_len)
{
	Elf64_Phdr wide = {0};
	Elf32_Phdr narrow = {0};
	ssize_t n = s->wide ? read_at(fd, &wide, sizeof(wide),
				      s->offset + i * s->size)
			    : read_at(fd, &narrow, sizeof(narrow),
				      s->offset + i * s->size);

	if (n != (ssize_t)s->size)
		return false;
	*ret_offset = s->wide ? wide.p_offset : narrow.p_offset;
	*ret_len = s->wide ? wide.p_filesz : narrow.p_filesz;
	return (s->wide ? wide.p_type : narrow.p_type) == PT_INTERP;
}

static int elf_interpreter(int fd, const char *head, size_t len,
			   struct binary *ret, struct err *e)
{
	struct segments segments;
	uint64_t offset;
	uint64_t size;
	ssize_t n;

	if (!elf_segments(head, len, &segments))
		return 0;
	for (uint64_t i = 0; i < segments.count; i++) {
		if (!interpreter_segment(fd, &segments, i, &offset, &size))
			continue;
		/* The kernel refuses longer ones (ENOEXEC). */
		if (size < 2 || size > sizeof(ret->interpreter))
			return 0;
		n = read_at(fd, ret->interpreter, size, offset);
		if (n < 0)
			return err_set(e, errno, "read the ELF interpreter");
		ret->interpreter[n > 0 ? n - 1 : 0] = '\0';
		return 0;
	}
	return 0;
}

/* True if there is no NUL at its beginning, as grep and diff decide it; or if
 * it is a compiled Python module, whose magic number ends so since 1997. */
static bool is_text(int fd, const char *head, size_t len)
{
	struct stat st;

	return len > 0 &&
	       (!memchr(head, '\0', len) ||
		(len >= 4 && head[2] == '\r' && head[3] == '\n')) &&
	       fstat(fd, &st) == 0 && st.st_size <= TEXT_MAX;
}

int binary_inspect(int fd, struct binary *ret, struct err *e)
{
	char head[HEAD];
	ssize_t n = read_at(fd, head, sizeof(head), 0);

	ret->kind = KIND_OTHER;
	ret->interpreter[0] = '\0';
	if (n < 0)
		return err_set(e, errno, "read");
	if (n >= 2 && memcmp(head, "#!", 2) == 0) {
		ret->kind = KIND_SCRIPT;
		script_interpreter(head, (size_t)n, ret);
		return 0;
	}
	if (n >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
		ret->kind = KIND_ELF;
		return elf_interpreter(fd, head, (size_t)n, ret, e);
	}
	if (is_text(fd, head, (size_t)n))
		ret->kind = KIND_TEXT;
	return 0;
}
