/* memfd - forbids executable memory files in a container. */
#pragma once

#include "err.h"

#include <sys/types.h>

/* In the pid namespace of this process no memfd can be executed, nor made
 * executable (vm.memfd_noexec=2, Linux 6.3). ENOTSUP if it is our own
 * namespace, hence the host's. */
MUST_CHECK int memfd_deny(pid_t pid, struct err *e);
