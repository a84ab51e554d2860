/*
 * Any file is read without harm, and the interpreter that is found is a text in
 * the file.
 */
#include "binary.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct binary got;
	struct err e = {0};
	size_t len;

	if (fd < 0)
		fd = memfd_create("binary", MFD_CLOEXEC);
	require(fd >= 0 && ftruncate(fd, 0) == 0);
	require(pwrite(fd, data, size, 0) == (ssize_t)size);
	memset(&got, 'x', sizeof(got));
	require(binary_inspect(fd, &got, &e) == 0);
	len = strnlen(got.interpreter, sizeof(got.interpreter));
	require(len < sizeof(got.interpreter));
	require(got.kind == KIND_SCRIPT || got.kind == KIND_ELF || !len);
	require(got.kind == KIND_SCRIPT || got.kind == KIND_ELF ||
		got.kind == KIND_TEXT || got.kind == KIND_OTHER);
	require(!len || memmem(data, size, got.interpreter, len));
	if (got.kind == KIND_SCRIPT)
		require(len < 256 && !strpbrk(got.interpreter, " \t\n"));
	return 0;
}
