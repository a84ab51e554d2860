#include "privilege.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t needed[] = {
	CAP_SYS_PTRACE,	     /* hold targets, read their memory and links   */
	CAP_DAC_READ_SEARCH, /* find and hash what only the target may read */
	CAP_DAC_OVERRIDE,    /* events file, state folder                   */
	CAP_KILL,	     /* targets of any user                         */
	CAP_LEASE,	     /* prove that nobody writes a file             */
	CAP_FOWNER,
	CAP_SYS_ADMIN, /* /proc/PID/map_files; the mark on an upper file */
};

static void caps_owned(cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps);
}

int privilege_drop(struct err *e)
{
	OWNED(caps_owned) cap_t now = cap_get_proc();
	OWNED(caps_owned) cap_t kept = cap_init();

	if (!now || !kept)
		return err_set(e, errno, "read capabilities");
	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(now, needed[i], CAP_PERMITTED, &has) < 0 ||
		    has != CAP_SET)
			continue;
		if (cap_set_flag(kept, CAP_PERMITTED, 1, &needed[i], CAP_SET) <
			    0 ||
		    cap_set_flag(kept, CAP_EFFECTIVE, 1, &needed[i], CAP_SET) <
			    0)
			return err_set(e, errno, "choose capabilities");
	}
	if (cap_set_proc(kept) < 0)
		return err_set(e, errno, "drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(e, errno, "give up privileges");
	return 0;
}
