#include "inherit.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* These are newer than the headers of Debian 12: include/uapi/linux/prctl.h and
 * securebits.h. */
enum {
	MDWE = 65,
	MDWE_REFUSE_EXEC_GAIN = 1,
	RESTRICT_FILE = 1 << 8,
	RESTRICT_FILE_LOCKED = 1 << 9,
};

int inherit_memory_deny(struct err *e)
{
	/* libc's prctl would pass garbage for arguments that must be 0. */
	if (syscall(SYS_prctl, MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0)
		return 0;
	return err_set(e, errno, "memory: deny needs PR_SET_MDWE (Linux 6.3)");
}

void inherit_restrict_files(void)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	if (bits >= 0)
		(void)prctl(PR_SET_SECUREBITS,
			    bits | RESTRICT_FILE | RESTRICT_FILE_LOCKED, 0, 0,
			    0);
}
