#include "binfmt.h"

#include "buffer.h"
#include "file.h"
#include "procfs.h"
#include "stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum {
	TEXT_MAX = 16 * 1024,
	/* The size has the bytes that the kernel compares (BINPRM_BUF_SIZE),
	 * and an ELF header. */
	PROGRAM_SIZE = 512,
};

/* The rest of the line that begins so; its length in *ret_len. */
static const char *find_line(const char *text, const char *word,
			     size_t *ret_len)
{
	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, word, strlen(word)) != 0)
			continue;
		*ret_len = strcspn(at + strlen(word), "\n");
		return at + strlen(word);
	}
	return NULL;
}

static bool copy_line(const char *text, const char *word, char *ret,
		      size_t size)
{
	size_t len = 0;
	const char *line = find_line(text, word, &len);

	if (!line || len >= size)
		return false;
	memcpy(ret, line, len);
	ret[len] = '\0';
	return true;
}

/* Pairs of hexadecimal digits; their number, or 0. */
static size_t read_bytes(const char *text, const char *word,
			 unsigned char ret[BINFMT_MAGIC_MAX])
{
	char line[2 * BINFMT_MAGIC_MAX + 1];
	size_t len;

	if (!copy_line(text, word, line, sizeof(line)))
		return 0;
	len = strspn(line, "0123456789abcdefABCDEF");
	if (line[len] != '\0' || len % 2)
		return 0;
	for (size_t i = 0; i < len / 2; i++) {
		char digits[3] = {line[2 * i], line[2 * i + 1], '\0'};

		ret[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
	return len / 2;
}

bool binfmt_parse(const char *text, struct binfmt_entry *ret)
{
	char offset[16];
	size_t masked;

	*ret = (struct binfmt_entry){0};
	if (strncmp(text, "enabled\n", 8) != 0 ||
	    !copy_line(text, "interpreter ", ret->interpreter,
		       sizeof(ret->interpreter)) ||
	    !copy_line(text, "flags: ", ret->flags, sizeof(ret->flags)) ||
	    !strchr(ret->flags, 'F') ||
	    !copy_line(text, "offset ", offset, sizeof(offset)))
		return false;
	ret->offset = strtoul(offset, NULL, 10);
	ret->len = read_bytes(text, "magic ", ret->magic);
	memset(ret->mask, 0xff, sizeof(ret->mask));
	masked = read_bytes(text, "mask ", ret->mask);
	return ret->len && (masked == 0 || masked == ret->len) &&
	       ret->offset < PROGRAM_SIZE &&
	       ret->offset + ret->len <= PROGRAM_SIZE;
}

/* A mount would only load the module if there is no entry. */
static bool has_any(void)
{
	struct buffer text = BUFFER_INIT;
	bool has = file_read(AT_FDCWD, "/proc/filesystems", TEXT_MAX, &text,
			     NULL) == 0 &&
		   text.data && strstr(text.data, "\tbinfmt_misc\n");

	buffer_clear(&text);
	return has;
}

/* A mount that no other process sees, of the host's only instance. */
static int mount_detached(void)
{
	OWNED(close_owned)
	int fs = (int)syscall(SYS_fsopen, "binfmt_misc", FSOPEN_CLOEXEC);
	OWNED(close_owned) int tree = -1;

	if (fs < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	tree = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
			    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	return tree < 0 ? -1
			: openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int binfmt_open(bool rootless, int *ret_fd, struct err *e)
{
	struct statfs fs;

	*ret_fd = -1;
	if (!has_any())
		return 0;
	if (!rootless) {
		*ret_fd = mount_detached();
		return *ret_fd < 0 ? err_set(e, errno, "open binfmt_misc") : 0;
	}
	*ret_fd = open("/proc/sys/fs/binfmt_misc",
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd >= 0 && (fstatfs(*ret_fd, &fs) < 0 ||
			     (unsigned long)fs.f_type != BINFMTFS_MAGIC))
		close_owned(ret_fd);
	return 0;
}

static int call_entry(int folder, const char *name,
		      int (*call)(void *context, const char *name,
				  const char *text, struct err *e),
		      void *context, struct err *e)
{
	struct buffer text = BUFFER_INIT;
	struct identity id;
	char full[512];
	int rc = 0;

	/* The entry may be gone by now. */
	if (stat_identity(folder, name, AT_SYMLINK_NOFOLLOW, &id) == 0 &&
	    file_read(folder, name, TEXT_MAX, &text, NULL) == 0) {
		(void)snprintf(full, sizeof(full), "%s %llx %llx", name,
			       (unsigned long long)id.ino,
			       (unsigned long long)id.ctime_ns);
		rc = call(context, full, text.data ? text.data : "", e);
	}
	buffer_clear(&text);
	return rc;
}

int binfmt_each(int folder,
		int (*call)(void *context, const char *name, const char *text,
			    struct err *e),
		void *context, struct err *e)
{
	/* Read the folder from its beginning, even if it was read before. */
	DIR *dir = fdopendir(
		openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return err_set(e, errno, "read binfmt_misc");
	while (rc == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, "register") != 0)
			rc = call_entry(folder, entry->d_name, call, context,
					e);
	(void)closedir(dir);
	return rc;
}

/* A program with the bytes by which the kernel recognizes the entry, and
 * nothing more. */
static int make_program(const struct binfmt_entry *entry)
{
	unsigned char bytes[PROGRAM_SIZE] = {0};
	OWNED(close_owned) int fd = memfd_create("runmoor-binfmt", MFD_EXEC);

	if (fd < 0)
		fd = memfd_create("runmoor-binfmt", 0);
	for (size_t i = 0; i < entry->len; i++)
		bytes[entry->offset + i] = entry->magic[i] & entry->mask[i];
	if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
		return -1;
	return FD_MOVE(fd);
}

/* Execute it stopped at its first instruction; otherwise it ends. */
static pid_t execute(int program)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *const none[] = {(char *)"", NULL};

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			(void)syscall(SYS_execveat, program, "", none, none + 1,
				      AT_EMPTY_PATH);
		_exit(1);
	}
	return pid;
}

int binfmt_ask(const struct binfmt_entry *entry, int *ret_fd, struct err *e)
{
	OWNED(close_owned) int program = make_program(entry);
	OWNED(close_owned) int exe = -1;
	struct identity ours;
	struct identity id;
	int status = 0;
	pid_t pid;

	if (program < 0 ||
	    stat_identity(program, "", AT_EMPTY_PATH, &ours) < 0 ||
	    (pid = execute(program)) < 0)
		return err_set(e, errno, "ask for %s", entry->interpreter);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSTOPPED(status)) {
		exe = procfs_open(pid, "exe", O_RDONLY);
		(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (exe < 0 || stat_identity(exe, "", AT_EMPTY_PATH, &id) < 0 ||
	    identity_same_file(&id, &ours))
		return err_set(e, ENOEXEC, "ask for %s", entry->interpreter);
	*ret_fd = FD_MOVE(exe);
	return 0;
}
