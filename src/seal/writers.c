#include "writers_internal.h"

#include "buffer.h"
#include "file.h"
#include "writers_line_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum {
	BYTES_MAX = 64 * 1024 * 1024,
	/* At each multiple of this number of records, those of places that are
	 * gone are removed. */
	TIDY_FROM = 4096,
	TIDY_EVERY = 512,
};

static const char header[] = "runmoor writers 1\n";
/* The line that stands for all places. */
static const char all_places[] = "*";

struct writers {
	struct writer *list;
	size_t count;
	bool all;
	bool missing;
	bool cut; /* the last line has no end */
	char boot[BOOT_LEN + 1];
};

void writers_owned(struct writers **writers)
{
	for (size_t i = 0; *writers && i < (*writers)->count; i++)
		location_clear(&(*writers)->list[i].at);
	if (*writers)
		free((*writers)->list);
	free(*writers);
	*writers = NULL;
}

static int add(struct writers *writers, const struct writer *take)
{
	struct writer *more = NULL;

	/* A power of two has just been filled. */
	if ((writers->count & (writers->count - 1)) == 0) {
		more = reallocarray(writers->list,
				    writers->count ? 2 * writers->count : 1,
				    sizeof(*more));
		if (!more)
			return -1;
		writers->list = more;
	}
	writers->list[writers->count++] = *take;
	return 0;
}

/* A record that can't be read counts as lost. */
static int parse(struct buffer *text, struct writers *writers, struct err *e)
{
	char *save = NULL;
	char *line;

	writers->cut = text->len && text->data[text->len - 1] != '\n';
	buffer_append(text, "", 1);
	if (buffer_failed(text))
		return err_set(e, ENOMEM, "read who writes");
	writers->all = strncmp(text->data, header, strlen(header)) != 0;
	line = strtok_r(text->data, "\n", &save);
	while (line && (line = strtok_r(NULL, "\n", &save))) {
		struct writer writer = {0};

		if (!writer_read(line, writers->boot, &writer)) {
			location_clear(&writer.at);
			writers->all = true;
		} else if (add(writers, &writer) < 0) {
			location_clear(&writer.at);
			return err_set(e, ENOMEM, "read who writes");
		}
	}
	return 0;
}

/* Each workload has a folder there, so there was a record. */
static bool seals_are_kept(const char *cache_dir)
{
	OWNED(free_owned) char *path = file_in(cache_dir, "volumes");
	DIR *dir = path ? opendir(path) : NULL;
	const struct dirent *entry;
	bool kept = !path;

	while (dir && !kept && (entry = readdir(dir)))
		kept = entry->d_type != DT_REG && entry->d_name[0] != '.';
	if (dir)
		(void)closedir(dir);
	return kept;
}

int writers_load(const char *cache_dir, struct writers **ret, struct err *e)
{
	OWNED(writers_owned)
	struct writers *writers = calloc(1, sizeof(*writers));
	OWNED(free_owned) char *path = file_in(cache_dir, "writers");
	struct buffer text = BUFFER_INIT;
	struct err why = {0};
	int rc;

	if (!writers || !path)
		return err_set(e, ENOMEM, "read who writes");
	writer_boot(writers->boot);
	rc = file_read(AT_FDCWD, path, BYTES_MAX, &text, &why);
	writers->missing = rc < 0 && why.code == ENOENT;
	if (writers->missing) {
		writers->all = seals_are_kept(cache_dir);
		rc = 0;
	} else if (rc == 0) {
		rc = parse(&text, writers, e);
	} else {
		*e = why;
	}
	buffer_clear(&text);
	if (rc == 0)
		*ret = PTR_MOVE(writers);
	return rc;
}

static bool same_file_system(const struct writer *writer,
			     const struct location *at)
{
	if (writer->this_boot && writer->at.device == at->device)
		return true;
	if (writer->at.file_system && writer->at.file_system == at->file_system)
		return true;
	return writer->at.origin && at->origin &&
	       strcmp(writer->at.origin, at->origin) == 0;
}

static bool same_inode(const struct writer *writer, const struct location *at)
{
	return writer->at.identity.ino == at->identity.ino &&
	       writer->at.birth_ns == at->birth_ns;
}

/* The relation of the written place to at. */
static enum relation relate(const struct writer *writer,
			    const struct location *at)
{
	enum relation relation;

	if (!same_file_system(writer, at))
		return LOCATION_APART;
	if (at->identity.ino && same_inode(writer, at))
		return LOCATION_SAME;
	relation = location_compare_paths(writer->at.folder, at->folder);
	/* Another folder has its name now. */
	return relation == LOCATION_SAME && location_differs(&writer->at, at)
		       ? LOCATION_APART
		       : relation;
}

static bool in_a_hole(const struct writer *writer, const struct location *holes,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum relation relation = relate(writer, &holes[i]);

		if (relation == LOCATION_SAME || relation == LOCATION_BELOW)
			return true;
	}
	return false;
}

bool writers_reach(const struct writers *writers, const struct location *at,
		   const struct location *holes, size_t hole_count)
{
	for (size_t i = 0; i < writers->count; i++)
		if (relate(&writers->list[i], at) != LOCATION_APART &&
		    !in_a_hole(&writers->list[i], holes, hole_count))
			return true;
	return writers->all;
}

bool writers_hold(const struct writers *writers, const struct location *at)
{
	for (size_t i = 0; i < writers->count; i++) {
		enum relation relation = relate(&writers->list[i], at);

		if (relation == LOCATION_SAME || relation == LOCATION_ABOVE)
			return true;
	}
	return writers->all;
}

/* True for a writer of all of the kubelet's pods and nothing more: an agent. */
static bool is_agent(const struct writer *writer, const char *pod,
		     const char *kubelet)
{
	return location_compare_paths(writer->at.folder, pod) ==
		       LOCATION_ABOVE &&
	       location_is_within(writer->at.folder, kubelet);
}

bool writers_reach_within(const struct writers *writers,
			  const struct location *at, const char *pod,
			  const char *kubelet)
{
	for (size_t i = 0; i < writers->count; i++) {
		const struct writer *writer = &writers->list[i];

		if (relate(writer, at) != LOCATION_APART &&
		    !is_agent(writer, pod, kubelet))
			return true;
	}
	return writers->all;
}

static bool is_recorded(const struct writers *writers,
			const struct location *place)
{
	for (size_t i = 0; i < writers->count; i++) {
		const struct writer *writer = &writers->list[i];

		if ((writer->this_boot ||
		     (place->file_system &&
		      writer->at.file_system == place->file_system)) &&
		    relate(writer, place) == LOCATION_SAME &&
		    strcmp(writer->at.folder, place->folder) == 0)
			return true;
	}
	return false;
}

static bool is_there(const void *context, const char *path)
{
	const struct writer *writer = context;
	struct stat st;

	return lstat(path, &st) == 0 &&
	       (!writer->at.birth_ns || st.st_ino == writer->at.identity.ino);
}

static bool is_shown(const void *context, const char *path)
{
	(void)context;
	(void)path;
	return true;
}

/* A server's file systems aren't asked: they needn't answer. */
static bool is_gone(const struct writer *writer, const struct mounts *mounts)
{
	if (!writer->this_boot)
		return !writer->at.file_system && !writer->at.origin;
	if (writer->at.origin && writer->at.origin[0] != '/')
		return false;
	return mounts_show(mounts, &writer->at, is_shown, NULL) &&
	       !mounts_show(mounts, &writer->at, is_there, writer);
}

/* Write all records except those of places that are gone. A record of another
 * boot keeps its boot as unknown. */
static int tidy(const char *path, const struct writers *writers,
		const struct mounts *mounts, struct err *e)
{
	struct buffer text = BUFFER_INIT;
	size_t kept = 0;
	int rc;

	buffer_printf(&text, "%s%s%s", header, writers->all ? all_places : "",
		      writers->all ? "\n" : "");
	for (size_t i = 0; i < writers->count; i++) {
		const struct writer *writer = &writers->list[i];

		if (is_gone(writer, mounts))
			continue;
		writer_write(writer->this_boot ? writers->boot : "-",
			     &writer->at, &text);
		kept++;
	}
	if (kept > WRITERS_MAX) {
		buffer_clear(&text);
		buffer_printf(&text, "%s%s\n", header, all_places);
	}
	rc = buffer_failed(&text)
		     ? err_set(e, ENOMEM, "record who writes")
		     : file_publish(path, text.data, text.len, 0600, e);
	buffer_clear(&text);
	return rc;
}

/* A half-written line would count as a lost record: remove it. */
static int append(const char *path, const struct buffer *text, struct err *e)
{
	OWNED(close_owned)
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	int failure;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "record who writes in %s", path);
	if (file_write_all(fd, text->data, text->len) == 0)
		return 0;
	failure = errno;
	(void)!ftruncate(fd, st.st_size);
	return err_set(e, failure, "record who writes in %s", path);
}

/* Tidy the file with the records that have just been added. */
static int tidy_now_and_then(const char *cache_dir, const char *path,
			     const struct mounts *mounts, size_t before,
			     struct err *e)
{
	OWNED(writers_owned) struct writers *writers = NULL;

	if (writers_load(cache_dir, &writers, e) < 0 || !writers)
		return -1;
	if (writers->count < TIDY_FROM ||
	    writers->count / TIDY_EVERY == before / TIDY_EVERY)
		return 0;
	return tidy(path, writers, mounts, e);
}

static int lock(const char *cache_dir, struct err *e)
{
	OWNED(free_owned) char *path = file_in(cache_dir, "writers.lock");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	while (fd >= 0 && flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			close_owned(&fd);
	return fd < 0 ? err_set(e, errno, "lock the record of who writes") : fd;
}

int writers_note(const char *cache_dir, const struct mounts *mounts,
		 const struct location *places, size_t count, struct err *e)
{
	OWNED(writers_owned) struct writers *writers = NULL;
	OWNED(free_owned) char *path = file_in(cache_dir, "writers");
	OWNED(close_owned) int locked = lock(cache_dir, e);
	struct buffer lines = BUFFER_INIT;
	int rc = 0;

	if (locked < 0 || writers_load(cache_dir, &writers, e) < 0 || !writers)
		return -1;
	if (!path)
		return err_set(e, ENOMEM, "record who writes");
	if (writers->missing)
		buffer_printf(&lines, "%s%s%s", header,
			      writers->all ? all_places : "",
			      writers->all ? "\n" : "");
	else if (writers->cut)
		buffer_printf(&lines, "\n");
	for (size_t i = 0; i < count; i++)
		if (!is_recorded(writers, &places[i]))
			writer_write(writers->boot, &places[i], &lines);
	if (buffer_failed(&lines))
		rc = err_set(e, ENOMEM, "record who writes");
	else if (lines.len)
		rc = append(path, &lines, e);
	if (rc == 0 && lines.len)
		rc = tidy_now_and_then(cache_dir, path, mounts, writers->count,
				       e);
	buffer_clear(&lines);
	return rc;
}
