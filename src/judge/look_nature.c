/*
 * Other files than regular ones can be mapped as well. Among character devices,
 * /dev/zero is anonymous memory, and those that the specification gives the
 * container belong to drivers, whose memory may hold code: an SGX enclave's
 * does. Anything else that can be mapped holds bytes that aren't judged: a
 * disk, the machine's memory, a ring of packets.
 */
#include "filesystem.h"
#include "look_internal.h"

#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { ZERO_MINOR = 5 }; /* drivers/char/mem.c */

static bool is_driver(const struct container *container, dev_t device)
{
	const char *text;
	char whole[64];
	char one[64];

	(void)snprintf(one, sizeof(one), "%u:%u", major(device), minor(device));
	(void)snprintf(whole, sizeof(whole), "%u:*", major(device));
	for (size_t i = 0; i < json_count(container->drivers); i++)
		if (json_string(json_at(container->drivers, i), &text) &&
		    (strcmp(text, one) == 0 || strcmp(text, whole) == 0))
			return true;
	return false;
}

enum nature look_nature(const struct judge *judge, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NATURE_SPECIAL;
	if (S_ISREG(st.st_mode))
		return filesystem_is_kernels(fd) ? NATURE_SPECIAL : NATURE_FILE;
	if (!S_ISCHR(st.st_mode))
		return NATURE_SPECIAL;
	if (st.st_rdev == makedev(MEM_MAJOR, ZERO_MINOR))
		return NATURE_ANONYMOUS;
	return is_driver(judge->container, st.st_rdev) ? NATURE_DRIVER
						       : NATURE_SPECIAL;
}
