#include "privilege.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t needed[] = {
	CAP_SYS_PTRACE,	     /* hold targets, read their memory and links   */
	CAP_DAC_READ_SEARCH, /* find and hash files that only the target may
				read */
	CAP_DAC_OVERRIDE,    /* events file, state folder                   */
	CAP_KILL,	     /* targets of any user                         */
	CAP_LEASE,	     /* prove that no process writes a file */
	CAP_FOWNER,
	CAP_SYS_ADMIN, /* /proc/PID/map_files; the mark on an upper file */
};

/* In a user namespace CAP_LEASE counts for nothing: the lease is taken as the
 * file's owner. */
static const cap_value_t needed_rootless[] = {CAP_SETUID};

bool privilege_rootless(void)
{
	struct buffer map = BUFFER_INIT;
	bool rootless = geteuid() != 0;

	if (!rootless &&
	    file_read(AT_FDCWD, "/proc/self/uid_map", 4096, &map, NULL) == 0) {
		unsigned long inside = 1;
		unsigned long outside = 1;
		unsigned long count = 0;

		rootless = sscanf(map.data, "%lu %lu %lu", &inside, &outside,
				  &count) != 3 ||
			   outside != 0 || count != UINT32_MAX;
	}
	buffer_clear(&map);
	return rootless;
}

static void caps_owned(cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps);
}

static int keep(cap_t now, cap_t kept, const cap_value_t *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(now, wanted[i], CAP_PERMITTED, &has) < 0 ||
		    has != CAP_SET)
			continue;
		if (cap_set_flag(kept, CAP_PERMITTED, 1, &wanted[i], CAP_SET) <
			    0 ||
		    cap_set_flag(kept, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET) <
			    0)
			return -1;
	}
	return 0;
}

int privilege_drop(struct err *e)
{
	OWNED(caps_owned) cap_t now = cap_get_proc();
	OWNED(caps_owned) cap_t kept = cap_init();

	if (!now || !kept)
		return err_set(e, errno, "read capabilities");
	if (keep(now, kept, needed, ARRAY_LEN(needed)) < 0 ||
	    (privilege_rootless() &&
	     keep(now, kept, needed_rootless, ARRAY_LEN(needed_rootless)) < 0))
		return err_set(e, errno, "choose capabilities");
	if (cap_set_proc(kept) < 0)
		return err_set(e, errno, "drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(e, errno, "give up privileges");
	return 0;
}
