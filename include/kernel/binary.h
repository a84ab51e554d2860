/*
 * binary - the kind of an open file to execve(2): a script, an ELF file or
 * neither, and the interpreter that it names. Reads bytes that a container
 * chose; trusts none of them. Sources: execve(2), elf(5).
 */
#pragma once

#include "err.h"
#include "identity.h"

#include <limits.h>

struct binary {
	enum file_kind kind;
	/* PT_INTERP, or the path on the #! line; "" if none. */
	char interpreter[PATH_MAX];
};

/* fd is open for reading. -1 only if reading fails. */
MUST_CHECK int binary_inspect(int fd, struct binary *ret, struct err *e);
